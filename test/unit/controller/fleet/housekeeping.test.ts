import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { startHousekeeping } from '../../../../controller/fleet/housekeeping.js';
import { controllerLimits } from '../../../../controller/limits.js';
import type { Store } from '../../../../controller/store/port.js';
import { systemClock } from '../../../../shared/os/clock.js';
import { createNotifier } from '../../../../shared/os/notifier.js';
import { collectLog } from '../../../helpers/collect_log.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('removes keys, deliveries and fleet plans beyond what is kept, every hour', async () => {
  const pruned: unknown[] = [];
  const store = {
    orders: { endExpired: async () => [], pruneKeys: async () => void pruned.push('keys') },
    webhooks: { prune: async () => pruned.push('deliveries') },
    fleetPlans: { prune: async (keep: number) => void pruned.push(keep) },
  };
  const keeping = startHousekeeping({
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the rest of the store is not called
    store: store as unknown as Store,
    notifier: createNotifier(),
    clock: systemClock,
    log: collectLog(),
    keepLogsMs: null,
    presence: { look: async () => undefined },
    lookEveryMs: 60_000,
  });
  await vi.advanceTimersByTimeAsync(3_600_000);
  keeping.stop();
  expect(pruned).toHaveLength(3);
  expect(pruned).toEqual(expect.arrayContaining(['keys', 'deliveries', controllerLimits.fleetPlans.max]));
});
