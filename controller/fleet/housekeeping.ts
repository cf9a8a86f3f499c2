// What is due by the clock: upgrades that no host fetched in time are ended, old streams are removed.
import type { Clock } from '../../shared/os/clock.js';
import type { Log } from '../../shared/os/log.js';
import type { Store } from '../store/port.js';
import type { Notifier } from '../../shared/os/notifier.js';
import { refusalFailure } from '../../shared/model/result.js';

const lookEveryMs = 5000;
const pruneEveryMs = 3_600_000;
const pruneAtOnce = 20;

export interface HousekeepingOptions {
  store: Store;
  notifier: Notifier;
  clock: Clock;
  log: Log;
  keepLogsMs: number | null;
}

/** Begins to look at the clock, until `stop`. */
export function startHousekeeping(options: HousekeepingOptions): { stop(): void } {
  const { log } = options;
  const guard = (work: () => Promise<void>) => () =>
    void work().catch((error: unknown) => log.error({ err: error }, 'housekeeping failed; it is tried again'));
  const timers = [
    setInterval(
      guard(() => endExpired(options)),
      lookEveryMs,
    ),
    setInterval(
      guard(() => pruneLogs(options)),
      pruneEveryMs,
    ),
  ];
  for (const timer of timers) timer.unref();
  return { stop: () => timers.forEach((timer) => clearInterval(timer)) };
}

/** Ends upgrades whose time to begin is over and that no host can have; what a host may have is its to answer. */
export async function endExpired({
  store,
  notifier,
  clock,
}: Pick<HousekeepingOptions, 'store' | 'notifier' | 'clock'>) {
  const at = clock.now().toISOString();
  for (const { id, host, expires_at: expiresAt } of await store.orders.expired(at)) {
    const failure = refusalFailure({
      code: 'expired',
      message: `${host} was away until its time to begin was over (${expiresAt})`,
      hint: 'Ask for it again once the host is back, or give it more time to begin.',
    });
    if (await store.orders.endUnbegun(id, { status: 'refused', at, failure, onlyUnoffered: true })) notifier.notify(id);
  }
}

async function pruneLogs({ store, clock, keepLogsMs }: HousekeepingOptions): Promise<void> {
  if (keepLogsMs === null) return;
  const before = new Date(clock.now().getTime() - keepLogsMs).toISOString();
  // Some at a time: what agents have to say goes between.
  while ((await store.upgrades.pruneLogs(before, pruneAtOnce)) === pruneAtOnce);
}
