// Quiet defaults for pip and npm: no lines for each package and no progress bars. Warnings and errors stay.
import type { Environment } from '../../command/tenant_path.js';

const quiet = {
  PIP_QUIET: '1',
  PIP_PROGRESS_BAR: 'off',
  PIP_NO_INPUT: '1',
  PIP_DISABLE_PIP_VERSION_CHECK: '1',
  NPM_CONFIG_PROGRESS: 'false',
  NPM_CONFIG_FUND: 'false',
  NPM_CONFIG_UPDATE_NOTIFIER: 'false',
};

/** The environment of a command that installs; what the tenant file says wins. */
export function quietInstallers(env: Environment): Environment {
  return { ...quiet, ...env };
}
