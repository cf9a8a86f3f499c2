// How much a controller may ask for at once: requests of a kind per minute, and plans and rollbacks that wait.
import type { Clock } from '../../shared/os/clock.js';
import { AppError } from '../../shared/errors.js';
import { createWorkQueue, type RunQueued } from '../../shared/os/work_queue.js';
import { agentLimits } from '../limits.js';
import type { Origin } from '../store/origin.js';

export type RequestKind = 'upgrade' | 'rollback' | 'resume' | 'mark' | 'cancel' | 'plan' | 'plan_tenants';

/**
 * What is looked at for. A rollback (a resume) expires soon, so that no plan goes before it. A mark waits for the others
 * of its tenant, and can need plans: so it takes no place of these.
 */
export type LookKind = 'plan' | 'rollback' | 'mark';

export interface RequestLimits {
  /** Counts a request. Throws AppError `busy` for one too many from a controller; nothing of it may be kept. */
  count(by: Origin['by'], kind: RequestKind): void;
  /** Looks at a tenant with other programs: a few works at once, but for marks. Throws AppError `busy` where too many wait. */
  look<T>(by: Origin['by'], kind: LookKind, work: () => Promise<T>): Promise<T>;
}

/** Nothing was asked for yet. An operator of the host waits for no controller, and is refused nothing. */
export function createRequestLimits(clock: Pick<Clock, 'monotonicMs'>): RequestLimits {
  const buckets = new Map<RequestKind, { left: number; atMs: number }>();
  const host = createWorkQueue(atOnce);
  const openBounded = () => createBounded(createWorkQueue(atOnce));
  const operator = { plan: host, rollback: host, mark: atOwnPace };
  const controller = { plan: openBounded(), rollback: openBounded(), mark: createBounded(atOwnPace) };
  return {
    count(by, kind) {
      if (by === 'host') return;
      const { max } = kind === 'plan_tenants' ? agentLimits.fleetPlansPerMinute : agentLimits.requestsPerMinute;
      const nowMs = clock.monotonicMs();
      const { left, atMs } = buckets.get(kind) ?? { left: max, atMs: nowMs };
      const now = { left: Math.min(max, left + ((nowMs - atMs) * max) / 60_000), atMs: nowMs };
      buckets.set(kind, now);
      if (now.left < 1) {
        throw tooMany(`a controller may send ${max} requests (${kind}) a minute to a host`);
      }
      now.left -= 1;
    },
    look: (by, kind, work) => (by === 'host' ? operator : controller)[kind](work),
  };
}

const atOnce = agentLimits.plansAtOnce.max;
const atOwnPace: RunQueued = (work) => work();

function createBounded(run: RunQueued): RunQueued {
  const { max } = agentLimits.plansWaiting;
  let inside = 0;
  return async (work) => {
    if (inside >= max + atOnce) throw tooMany(`${max} requests of a controller for this wait on this host already`);
    inside += 1;
    try {
      return await run(work);
    } finally {
      inside -= 1;
    }
  };
}

function tooMany(message: string): AppError {
  return new AppError('busy', message, { hint: 'Nothing was done or kept. Ask again later, and less often.' });
}
