// Asks the app's own command which migrations are pending, for the plan.
import { toAppError } from '../../../shared/errors.js';
import { sharedLimits } from '../../../shared/limits.js';
import { agentLimits } from '../../limits.js';
import type { ReadContext } from '../site.js';
import type { CommandLine } from '../values.js';

/**
 * The names that the command prints, one a line. It runs as the tenant's user in `app_dir`, before anything is stopped:
 * in the code of the old version. A command that fails leaves the plan without names, and with a warning.
 */
export async function listPending(
  { site, probe, signal }: ReadContext,
  command: CommandLine,
  env: Readonly<Record<string, string>>,
): Promise<{ names: string[]; warnings: string[] }> {
  const failed = (why: string) => ({
    names: [],
    warnings: [`migrations.list (${command.join(' ')}) named no pending migrations: ${why}`],
  });
  try {
    const place = { user: site.user, cwd: site.appDir, env: { ...site.env, ...env } };
    const timeLimitMs = agentLimits.migrationsList.max;
    const { exitCode, stdout, stderr } = await probe({ argv: command, ...place, timeLimitMs });
    if (exitCode !== 0) return failed(`exit ${exitCode}: ${stderr.trim().split('\n').at(-1) ?? ''}`);
    const lines = stdout.split('\n').map((line) => line.trim());
    const named = lines.filter((line) => line !== '' && line.length <= sharedLimits.path.max);
    const names = named.slice(0, sharedLimits.planned.max);
    const left = lines.filter((line) => line !== '').length - names.length;
    return { names, warnings: left === 0 ? [] : [`migrations.list printed ${left} more lines than a plan takes`] };
  } catch (error) {
    signal.throwIfAborted();
    return failed(toAppError(error).message);
  }
}
