// Accepted upgrades that have not begun: one file each, so that none is lost when the agent dies.
import { readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { toAppError, AppError } from '../../shared/errors.js';
import { hash } from '../../shared/model/names.js';
import { rolloutAttemptSchema, upgradeRequestSchema, type UpgradeRequest } from '../../shared/model/request.js';
import { replaceFile } from '../../shared/os/files.js';
import type { Origin } from './origin.js';
import { unwritable, type StateFolder } from './state_folder.js';

const queuedSchema = z.object({
  id: z.string(),
  tenant: z.string(),
  request: upgradeRequestSchema,
  plan_class: hash.optional(),
  rollout: rolloutAttemptSchema.optional(),
  by: z.enum(['host', 'controller']),
  /** Null without a limit. */
  start_within_ms: z.number().nullable(),
  /** Absent in the file of an older agent. */
  place: z.int().nonnegative().default(0),
  accepted_at: z.string(),
  /** A cancel that was answered during planning. */
  cancel: z.object({ force: z.boolean() }).optional(),
});

export interface QueuedUpgrade {
  id: string;
  tenant: string;
  request: UpgradeRequest;
  /** The class of plan that was approved; absent where any plan may run. */
  plan_class?: string | undefined;
  origin: Origin;
  /** Its number in the order of acceptance, which a clock that is set does not change. */
  place: number;
  /** ISO 8601: only how long it has waited comes from it. */
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
    rollout: origin.rollout,
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
  return found.toSorted(compareQueued);
}

function readQueued(text: string, now: Date): QueuedUpgrade {
  const { by, rollout, start_within_ms, ...queued } = queuedSchema.parse(JSON.parse(text));
  const waitedMs = now.getTime() - Date.parse(queued.accepted_at);
  const startWithinMs = start_within_ms === null ? Number.POSITIVE_INFINITY : start_within_ms - waitedMs;
  return { ...queued, origin: { by, startWithinMs, rollout } };
}

/** Those of an older agent come first; it left no order but their dates. */
function compareQueued(left: QueuedUpgrade, right: QueuedUpgrade): number {
  if (left.place !== right.place) return left.place - right.place;
  return `${left.accepted_at} ${left.id}` < `${right.accepted_at} ${right.id}` ? -1 : 1;
}

/** The places of the queue: each `next` is after all that were given or seen before. */
export interface QueuePlaces {
  next(): number;
  /** To be called with each upgrade that an earlier agent left in the queue, before the first `next`. */
  see(place: number): void;
}

/** The places of an empty queue. */
export function createQueuePlaces(): QueuePlaces {
  let last = 0;
  return {
    next: () => (last += 1),
    see(place) {
      last = Math.max(last, place);
    },
  };
}
