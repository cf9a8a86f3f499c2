// A request that comes again with its operator's key is done under the id that it had first.
import type { ControllerFrame, LocalRequest } from '../../shared/wire/protocol.js';
import type { Scheduler } from '../scheduler/scheduler.js';
import { fromHost, type Origin } from '../store/origin.js';

export interface Once {
  frame: Extract<LocalRequest | ControllerFrame, { type: 'upgrade' | 'rollback' | 'resume' | 'mark' }>;
  /** What it asks for, apart from its ids and its time. */
  wish: unknown;
}

/** The answer to a request that was done, now or before. */
export interface Answered {
  upgrade: string | null;
  /** The id under which it was done before. */
  first?: string;
}

/** The id by which a request is answered. */
export function requestIdOf(frame: Once['frame']): string {
  return 'request_id' in frame ? frame.request_id : frame.id;
}

/** Does the work with the id that the request is known by, and its origin. Throws AppError `key-reused`. */
export async function doOnce(
  { by, upgrades }: { by: Origin['by']; upgrades: Pick<Scheduler, 'findFirst'> },
  { frame, wish }: Once,
  work: (id: string, origin: Origin) => Promise<string | null>,
): Promise<Answered> {
  const { type, tenant } = frame;
  const own = 'id' in frame ? frame.id : frame.request_id;
  const key = 'key_hash' in frame ? frame.key_hash : undefined;
  const keyed = key === undefined ? undefined : { key, tenant, wish: JSON.stringify([type, wish]) };
  const first = keyed === undefined ? own : (upgrades.findFirst(keyed) ?? own);
  const startWithinMs = 'start_within_ms' in frame ? frame.start_within_ms : fromHost.startWithinMs;
  const upgrade = await work(first, { by, startWithinMs, keyed });
  return first === own ? { upgrade } : { upgrade, first };
}
