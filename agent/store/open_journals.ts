// The port to the journals that are in use: a reader finds the upgrade that writes one without knowing the scheduler.
import type { Journal } from './journal.js';

export interface OpenJournals {
  /** The journal of this upgrade while it is under way; null where it has not begun, has ended, or is unknown. */
  find(upgrade: string): Journal | null;
  /** Resolves once a queued upgrade has begun, or has ended without; at once for any other. */
  untilBegun(upgrade: string): Promise<void>;
}

/** Where no agent runs: what is on the disk is all there is. */
export const noOpenJournals: OpenJournals = { find: () => null, untilBegun: async () => {} };
