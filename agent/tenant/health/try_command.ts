// One try of a health check by command: healthy is exit 0.
import type { Looking } from '../site.js';
import type { CommandLine } from '../values.js';
import { excerpt } from './excerpt.js';
import type { Try } from './try.js';

/** Runs the command as the tenant's user. Throws AppError `time-limit`. */
export async function tryCommand(
  argv: CommandLine,
  { looking, timeLimitMs }: { looking: Looking; timeLimitMs: number },
): Promise<Try> {
  const { site, probe } = looking;
  const { exitCode, stdout, stderr } = await probe({
    argv,
    user: site.user,
    cwd: site.appDir,
    env: site.env,
    timeLimitMs,
  });
  if (exitCode === 0) return { healthy: true };
  const output = excerpt(Buffer.from(`${stdout}${stderr}`));
  return { healthy: false, said: `exit ${exitCode}${output === '' ? '' : `: ${output}`}` };
}
