// The file with the state of the controller connection, for `drover-agent status`.
import { z } from 'zod';
import { readIfThere, replaceFile } from '../../shared/os/files.js';
import type { Clock } from '../../shared/os/clock.js';
import { parseJson } from '../../shared/json.js';

const schema = z.object({
  /** Null where the key of this host, which says it, cannot be read. */
  url: z.string().nullable(),
  /** The URL of the HTTP proxy on the way there; null without one. */
  proxy: z.string().nullable().default(null),
  connected: z.boolean(),
  /** The time of the last change. */
  since: z.string(),
  /** Why there is no connection; null before the first attempt has ended. */
  problem: z.object({ message: z.string(), hint: z.string() }).nullable(),
});
export type UplinkStatus = z.infer<typeof schema>;

/** One writer at a time. */
export async function writeUplinkStatus(file: string, status: UplinkStatus): Promise<void> {
  await replaceFile(file, `${JSON.stringify(status)}\n`, { mode: 0o600 });
}

/** Writes that the agent that runs has no connection, because it only serves commands. A disk that takes nothing is ignored. */
export async function noteNoUplink(
  file: string,
  { url, clock }: { url: string | null; clock: Pick<Clock, 'now'> },
): Promise<void> {
  const problem = {
    message: 'only an agent that serves commands on this host runs now',
    hint: 'The daemon connects: `systemctl start drover-agent`, or without the service `drover-agent run`.',
  };
  const status = { url, proxy: null, connected: false, since: clock.now().toISOString(), problem };
  await writeUplinkStatus(file, status).catch(() => undefined);
}

/** Null where none was written. The status is valid only while an agent runs. */
export async function readUplinkStatus(file: string): Promise<UplinkStatus | null> {
  const text = await readIfThere(file).catch(() => null);
  return schema.safeParse(parseJson(text ?? '')).data ?? null;
}
