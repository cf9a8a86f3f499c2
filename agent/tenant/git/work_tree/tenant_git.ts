// Git in the tenant's work tree: always as the tenant's user, and without the programs that the repository's own
// configuration names.
import { AppError } from '../../../../shared/errors.js';
import { minimalEnvironment, type ReadContext, type Site } from '../../site.js';
import { configEnvironment } from '../git_config.js';

const tenantConfig = {
  'core.fsmonitor': 'false',
  'core.hooksPath': '/dev/null',
  // By default git syncs no loose object: after a power cut an empty one would have the name of one that is needed.
  'core.fsync': 'all',
  'core.quotePath': 'false',
  'advice.detachedHead': 'false',
  'gc.auto': '0',
  'maintenance.auto': 'false',
  'submodule.recurse': 'false',
};

/** The whole environment of a git command in the work tree. */
export function tenantGitEnvironment(site: Pick<Site, 'user'>): Record<string, string> {
  return {
    ...minimalEnvironment(site.user),
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    // Git before 2.45 does not know the first: in a partial clone it would fetch what is missing.
    GIT_NO_LAZY_FETCH: '1',
    GIT_ALLOW_PROTOCOL: 'none',
    // Read-only commands must not refresh the index file.
    GIT_OPTIONAL_LOCKS: '0',
    ...configEnvironment(tenantConfig),
  };
}

/** What git prints of the work tree. Throws AppError `work-tree` with git's own words when it fails. */
export async function askGit(
  readContext: ReadContext,
  args: readonly string[],
  options: { timeLimitMs?: number; stdin?: string } = {},
): Promise<string> {
  const { site, probe } = readContext;
  readContext.signal.throwIfAborted();
  const env = tenantGitEnvironment(site);
  const done = await probe({ argv: ['git', ...args], user: site.user, cwd: site.appDir, env, ...options });
  if (done.exitCode === 0) return done.stdout;
  const errorText = done.stderr.trim() || `exit ${done.exitCode}`;
  throw new AppError('work-tree', `git ${args[0] ?? ''} in ${site.appDir.shown} as ${site.user.name}: ${errorText}`);
}
