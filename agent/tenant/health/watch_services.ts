// Notices while a health check fails that the services are dead: then waiting for the time limit is of no use.
import type { Clock } from '../../../shared/os/clock.js';
import { AppError } from '../../../shared/errors.js';
import type { Services } from '../services/services.js';
import type { ReadContext } from '../site.js';

/** How long services may take to come up before the first look, at most; of a shorter time limit a quarter. */
const maxSettleMs = 5000;
const betweenLooksMs = 500;
const looksInARow = 3;

export interface ServicesWatch {
  /** Why the services count as dead, or null. To be called after each try that failed; it looks now and then. */
  look(): Promise<string | null>;
}

/** Services are dead when several looks in a row find none of them running, or one that has failed for good. */
export function watchServices(options: {
  services: Services | null;
  readContext: ReadContext;
  clock: Clock;
  /** Of the health check. */
  timeoutMs: number;
}): ServicesWatch {
  const { services, readContext, clock, timeoutMs } = options;
  let nextMs = clock.monotonicMs() + Math.min(maxSettleMs, timeoutMs / 4);
  let looks = 0;
  return {
    async look() {
      if (services === null || clock.monotonicMs() < nextMs) return null;
      nextMs = clock.monotonicMs() + Math.min(betweenLooksMs, timeoutMs / 20);
      const dead = await findDead(services, readContext);
      looks = dead === null ? 0 : looks + 1;
      return looks >= looksInARow ? dead : null;
    },
  };
}

/** Null also where nobody can tell. */
async function findDead(services: Services, readContext: ReadContext): Promise<string | null> {
  try {
    const { running, failed } = await services.look(readContext);
    if (failed.length > 0) return `failed since the start: ${failed.join(', ')}`;
    return running.length === 0 ? 'the services have ended since they were started' : null;
  } catch (error) {
    if (error instanceof AppError) return null;
    throw error;
  }
}
