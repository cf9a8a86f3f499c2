// Accepted upgrades that have not begun: a file each, so that an agent that dies while they wait loses none of them.
import { readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { toAppError, AppError } from '../../shared/errors.js';
import { requestSchema } from '../../shared/events.js';
import { replaceFile } from '../../shared/files.js';
import type { StateFolder } from './state_folder.js';

const queuedSchema = z.object({ id: z.string(), tenant: z.string(), request: requestSchema, accepted_at: z.string() });
export type QueuedUpgrade = z.infer<typeof queuedSchema>;

const fileOf = (state: StateFolder, id: string) => path.join(state.queued, `${id}.json`);

/** Writes it down: once this has returned, the upgrade will have a journal, whatever becomes of this agent. */
export async function writeQueued(state: StateFolder, queued: QueuedUpgrade): Promise<void> {
  await replaceFile(fileOf(state, queued.id), JSON.stringify(queued), { mode: 0o600 });
}

/** To be called once its journal has begun. One that a power cut brings back is seen to have a journal. */
export async function removeQueued(state: StateFolder, id: string): Promise<void> {
  await rm(fileOf(state, id), { force: true });
}

/** Those that an agent before this one left waiting, in the order in which they were accepted; `onBroken` for any other file. */
export async function listQueued(state: StateFolder, onBroken: (error: AppError) => void): Promise<QueuedUpgrade[]> {
  const found: QueuedUpgrade[] = [];
  for (const name of (await readdir(state.queued)).filter((candidate) => candidate.endsWith('.json'))) {
    const file = path.join(state.queued, name);
    try {
      found.push(queuedSchema.parse(JSON.parse(await readFile(file, 'utf8'))));
    } catch (error) {
      onBroken(new AppError('io', `${file}: ${toAppError(error).message}`, { cause: error, hint: 'Ask again.' }));
    }
  }
  return found.toSorted((left, right) => (orderOf(left) < orderOf(right) ? -1 : 1));
}

const orderOf = ({ accepted_at, id }: QueuedUpgrade) => `${accepted_at} ${id}`;
