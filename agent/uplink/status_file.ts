// The file with the state of the controller connection, for `drover-agent status`.
import { z } from 'zod';
import { readIfThere, replaceFile } from '../../shared/os/files.js';
import { parseJson } from '../../shared/json.js';

const schema = z.object({
  url: z.string(),
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

/** Null where none was written. The status is valid only while an agent runs. */
export async function readUplinkStatus(file: string): Promise<UplinkStatus | null> {
  const text = await readIfThere(file).catch(() => null);
  return schema.safeParse(parseJson(text ?? '')).data ?? null;
}
