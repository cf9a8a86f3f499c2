// One try of a health check by command: healthy is exit 0.
import { placeOf } from '../configured_command.js';
import type { ReadContext } from '../site.js';
import type { ConfiguredCommand } from '../values.js';
import { excerpt, excerptLength } from './excerpt.js';
import type { Try } from './try.js';

/** Runs the command as its configured account. Throws AppError `time-limit`. */
export async function tryCommand(
  command: ConfiguredCommand,
  { readContext, timeLimitMs }: { readContext: ReadContext; timeLimitMs: number },
): Promise<Try> {
  const { site, probe } = readContext;
  const { exitCode, stdout, stderr } = await probe({ ...placeOf(site, command), timeLimitMs });
  if (exitCode === 0) return { healthy: true };
  const [start, end] = [stdout, stderr].map((text) => text.slice(0, excerptLength));
  const output = excerpt(Buffer.from(`${start}${end}`));
  return { healthy: false, reason: `exit ${exitCode}${output === '' ? '' : `: ${output}`}` };
}
