// Accepted upgrades that have not begun: one file each, so that none is lost when the agent dies.
import { readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { toAppError, AppError } from '../../shared/errors.js';
import { upgradeRequestSchema, type UpgradeRequest } from '../../shared/model/request.js';
import { replaceFile } from '../../shared/os/files.js';
import type { Origin } from './origin.js';
import { unwritable, type StateFolder } from './state_folder.js';

const queuedSchema = z.object({
  id: z.string(),
  tenant: z.string(),
  request: upgradeRequestSchema,
  by: z.enum(['host', 'controller']),
  /** Null without a limit. */
  start_within_ms: z.number().nullable(),
  accepted_at: z.string(),
  /** A cancel that was answered during planning. */
  cancel: z.object({ force: z.boolean() }).optional(),
});

export interface QueuedUpgrade {
  id: string;
  tenant: string;
  request: UpgradeRequest;
  origin: Origin;
  /** ISO 8601. */
  accepted_at: string;
  /** It was cancelled while it was planned: it ends as cancelled, or its journal goes on with that. */
  cancel?: { force: boolean } | undefined;
}

const fileOf = (state: StateFolder, id: string) => path.join(state.queued, `${id}.json`);

/**
 * Writes the file and syncs it: from then on the upgrade gets a journal, even where this agent dies. Throws AppError
 * `io`.
 */
export async function writeQueued(state: StateFolder, queued: QueuedUpgrade): Promise<void> {
  const { origin, ...rest } = queued;
  // JSON has no Infinity: null means no limit.
  const written: z.input<typeof queuedSchema> = {
    ...rest,
    by: origin.by,
    start_within_ms: Number.isFinite(origin.startWithinMs) ? origin.startWithinMs : null,
  };
  await replaceFile(fileOf(state, queued.id), JSON.stringify(written), { mode: 0o600 }).catch((error: unknown) => {
    throw unwritable(state.queued, error);
  });
}

/**
 * Call it once the journal has begun. Where a power cut restores the file, the next agent finds the journal as well.
 */
export async function removeQueued(state: StateFolder, id: string): Promise<void> {
  await rm(fileOf(state, id), { force: true });
}

/**
 * The upgrades that an earlier agent left in the queue, in order of acceptance, each with its remaining wait at `now`.
 * Calls `onBroken` for any other file.
 */
export async function listQueued(
  state: StateFolder,
  { now, onBroken }: { now: Date; onBroken: (error: AppError) => void },
): Promise<QueuedUpgrade[]> {
  const found: QueuedUpgrade[] = [];
  for (const name of (await readdir(state.queued)).filter((candidate) => candidate.endsWith('.json'))) {
    const file = path.join(state.queued, name);
    try {
      found.push(readQueued(await readFile(file, 'utf8'), now));
    } catch (error) {
      onBroken(
        new AppError('io', `${file}: ${toAppError(error).message}`, { cause: error, hint: 'Start the upgrade again.' }),
      );
    }
  }
  return found.toSorted((left, right) => (orderOf(left) < orderOf(right) ? -1 : 1));
}

function readQueued(text: string, now: Date): QueuedUpgrade {
  const { by, start_within_ms, ...queued } = queuedSchema.parse(JSON.parse(text));
  const waitedMs = now.getTime() - Date.parse(queued.accepted_at);
  const startWithinMs = start_within_ms === null ? Number.POSITIVE_INFINITY : start_within_ms - waitedMs;
  return { ...queued, origin: { by, startWithinMs } };
}

const orderOf = ({ accepted_at, id }: QueuedUpgrade) => `${accepted_at} ${id}`;
