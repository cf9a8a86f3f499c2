// The port to the journals of running upgrades. It keeps readers independent of the scheduler.
import type { Journal } from './journal.js';

export interface OpenJournals {
  /** The journal of this upgrade while it runs; null where it has not begun, has ended, or is unknown. */
  find(upgrade: string): Journal | null;
  /** Resolves once a queued upgrade has begun, or has ended before it began; at once for any other. */
  untilBegun(upgrade: string): Promise<void>;
}

/** For readers without a running agent: no upgrade runs. */
export const noOpenJournals: OpenJournals = { find: () => null, untilBegun: async () => {} };
