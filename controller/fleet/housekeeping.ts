// Periodic work: ends orders that no host fetched in time, notes which hosts are offline, and removes old streams, keys,
// fleet plans and deliveries.
import type { Clock } from '../../shared/os/clock.js';
import type { Log } from '../../shared/os/log.js';
import { controllerLimits } from '../limits.js';
import type { Store } from '../store/port.js';
import type { HostPresence } from './host_presence.js';
import type { Notifier } from '../../shared/os/notifier.js';

const expireEveryMs = 5000;
const pruneEveryMs = 3_600_000;
/** Deliveries to webhooks in one transaction. */
const deliveriesAtOnce = 1000;
/** A stream can be long, and other work waits for the transaction that removes it. */
const pruneAtOnce = 1;

export interface HousekeepingOptions {
  store: Store;
  notifier: Notifier;
  clock: Clock;
  log: Log;
  keepLogsMs: number | null;
  presence: Pick<HostPresence, 'look'>;
  /** How often that looks. */
  lookEveryMs: number;
}

/** Runs periodically until `stop`. */
export function startHousekeeping(options: HousekeepingOptions): { stop(): void } {
  const { log, presence, lookEveryMs } = options;
  const guard = (work: () => Promise<void>) => () =>
    void work().catch((error: unknown) => log.error({ err: error }, 'housekeeping failed; the next run retries it'));
  const timers = [
    setInterval(
      guard(() => presence.look()),
      lookEveryMs,
    ),
    setInterval(
      guard(() => pruneDeliveries(options)),
      pruneEveryMs,
    ),
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
    setInterval(
      guard(() => options.store.fleetPlans.prune(controllerLimits.fleetPlans.max)),
      pruneEveryMs,
    ),
  ];
  for (const timer of timers) timer.unref();
  return { stop: () => timers.forEach((timer) => clearInterval(timer)) };
}

/** Ends expired orders that were never offered. Only the host may end an order that it may have. */
export async function endExpired({
  store,
  notifier,
  clock,
}: Pick<HousekeepingOptions, 'store' | 'notifier' | 'clock'>) {
  for (const { id } of await store.orders.endExpired(clock.now().toISOString())) notifier.notify(id);
}

async function pruneKeys({ store, clock }: HousekeepingOptions): Promise<void> {
  const { keyAge, keys } = controllerLimits;
  await store.orders.pruneKeys(new Date(clock.now().getTime() - keyAge.max).toISOString(), keys.max);
}

async function pruneDeliveries({ store, clock }: HousekeepingOptions): Promise<void> {
  const before = new Date(clock.now().getTime() - controllerLimits.webhookLog.max).toISOString();
  while ((await store.webhooks.prune(before, deliveriesAtOnce)) === deliveriesAtOnce);
}

async function pruneLogs({ store, clock, keepLogsMs }: HousekeepingOptions): Promise<void> {
  if (keepLogsMs === null) return;
  const before = new Date(clock.now().getTime() - keepLogsMs).toISOString();
  // Small batches let the writes of agents go between.
  while ((await store.upgrades.pruneLogs(before, pruneAtOnce)) === pruneAtOnce);
}
