// Periodic work: ends upgrades that no host fetched in time, and removes old streams and idempotency keys.
import type { Clock } from '../../shared/os/clock.js';
import type { Log } from '../../shared/os/log.js';
import { controllerLimits } from '../limits.js';
import type { Store } from '../store/port.js';
import type { Notifier } from '../../shared/os/notifier.js';
import { refusalFailure } from '../../shared/model/result.js';

const expireEveryMs = 5000;
const pruneEveryMs = 3_600_000;
/** A stream can be long, and other work waits for the transaction that removes it. */
const pruneAtOnce = 1;

export interface HousekeepingOptions {
  store: Store;
  notifier: Notifier;
  clock: Clock;
  log: Log;
  keepLogsMs: number | null;
}

/** Runs periodically until `stop`. */
export function startHousekeeping(options: HousekeepingOptions): { stop(): void } {
  const { log } = options;
  const guard = (work: () => Promise<void>) => () =>
    void work().catch((error: unknown) => log.error({ err: error }, 'housekeeping failed; the next run retries it'));
  const timers = [
    setInterval(
      guard(() => endExpired(options)),
      expireEveryMs,
    ),
    setInterval(
      guard(() => pruneLogs(options)),
      pruneEveryMs,
    ),
    setInterval(
      guard(() => pruneKeys(options)),
      pruneEveryMs,
    ),
  ];
  for (const timer of timers) timer.unref();
  return { stop: () => timers.forEach((timer) => clearInterval(timer)) };
}

/** Refuses expired upgrades that were never offered. Only the host may end an upgrade that it may have. */
export async function endExpired({
  store,
  notifier,
  clock,
}: Pick<HousekeepingOptions, 'store' | 'notifier' | 'clock'>) {
  const at = clock.now().toISOString();
  for (const { id, host, expires_at: expiresAt } of await store.orders.expired(at)) {
    const failure = refusalFailure({
      code: 'expired',
      message: `${host} was offline until the upgrade expired (${expiresAt})`,
      hint: 'Order it again when the host is connected, or with a longer `--start-within`.',
    });
    if (await store.orders.endUnbegun(id, { status: 'refused', at, failure, onlyUnoffered: true })) notifier.notify(id);
  }
}

async function pruneKeys({ store, clock }: HousekeepingOptions): Promise<void> {
  const { keyAge, keys } = controllerLimits;
  await store.orders.pruneKeys(new Date(clock.now().getTime() - keyAge.max).toISOString(), keys.max);
}

async function pruneLogs({ store, clock, keepLogsMs }: HousekeepingOptions): Promise<void> {
  if (keepLogsMs === null) return;
  const before = new Date(clock.now().getTime() - keepLogsMs).toISOString();
  // Small batches let the writes of agents go between.
  while ((await store.upgrades.pruneLogs(before, pruneAtOnce)) === pruneAtOnce);
}
