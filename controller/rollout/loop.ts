// The loop of all rollouts: level-triggered, and without a memory. Whatever may change something wakes it, it decides from what
// is stored, and a controller that restarts at any moment goes on.
import type { Clock } from '../../shared/os/clock.js';
import type { Log } from '../../shared/os/log.js';
import type { Notifier } from '../../shared/os/notifier.js';
import type { Delivery } from '../fleet/deliver.js';
import type { RolloutNow, RolloutStore } from '../store/rollouts.js';
import { decide } from './decide/decide.js';
import type { FleetView } from './fleet_view.js';

/** Notified of everything that may let a rollout go on. */
export const rolloutsKey = 'rollouts';

/** Wakes that come together are one step. */
const pauseMs = 50;
/** The loop takes this part of the time at most. */
const share = 4;
/** A clock that is set, or a machine that slept, moves what is waited for: it looks again after this time at the latest. */
const longestMs = 60_000;
const retryMs = 1000;

export interface LoopOptions {
  store: RolloutStore;
  delivery: Pick<Delivery, 'send'>;
  fleetView: FleetView;
  notifier: Pick<Notifier, 'notify' | 'subscribe'>;
  clock: Clock;
  makeId: () => string;
  log: Log;
}

export interface RolloutLoop {
  /** Steps one rollout at once, for who has changed it and wants to see what comes of it. What fails is repeated by the loop. */
  step(id: string): Promise<void>;
  /** Resolves when the step that runs has ended. */
  stop(): Promise<void>;
}

/** Runs until `stop`. */
export function startRolloutLoop(options: LoopOptions): RolloutLoop {
  const { clock, notifier, log } = options;
  const ending = new AbortController();
  const { signal } = ending;
  const woken = notifier.subscribe(rolloutsKey);

  async function run(): Promise<void> {
    while (!signal.aborted) {
      const since = clock.monotonicMs();
      let nextAt: string | null;
      try {
        nextAt = await stepAll(options);
      } catch (error) {
        log.error({ err: error }, 'the rollouts could not be read; that is repeated');
        nextAt = new Date(clock.now().getTime() + retryMs).toISOString();
      }
      await clock.wait(Math.max(pauseMs, (clock.monotonicMs() - since) * (share - 1)), signal);
      const leftMs = nextAt === null ? longestMs : Date.parse(nextAt) - clock.now().getTime();
      if (leftMs > 0) await woken.next({ signal, timeoutMs: Math.min(leftMs, longestMs) });
    }
  }

  const ended = run().catch((error: unknown) => {
    if (!signal.aborted) log.error({ err: error }, 'the loop of the rollouts has ended');
  });
  return {
    async step(id) {
      if (!signal.aborted) await tryStep(options, id);
    },
    async stop() {
      ending.abort(new Error('the controller ends'));
      woken.close();
      await ended;
    },
  };
}

/** Steps every open rollout once, the others also where one fails; when to do so again at the latest. */
async function stepAll(options: LoopOptions): Promise<string | null> {
  let first: string | null = null;
  for (const id of await options.store.listOpen()) {
    const nextAt = await tryStep(options, id);
    if (nextAt !== null && (first === null || nextAt < first)) first = nextAt;
  }
  return first;
}

async function tryStep(options: LoopOptions, id: string): Promise<string | null> {
  try {
    return await stepOne(options, id);
  } catch (error) {
    options.log.error({ rollout: id, err: error }, 'a step of a rollout failed; it is repeated');
    return new Date(options.clock.now().getTime() + retryMs).toISOString();
  }
}

async function stepOne(options: LoopOptions, id: string): Promise<string | null> {
  const { store, delivery, fleetView, notifier, clock, makeId, log } = options;
  const at = clock.now().toISOString();
  let nextAt: string | null = null;
  let becomes: { state: string; why: string | null } | null = null;
  let isShown = false;
  const judge = (now: RolloutNow) => {
    const decision = decide(now, fleetView.of(now), at);
    ({ nextAt } = decision);
    const { waves, settled, starts } = decision.actions;
    ({ becomes } = decision.actions);
    isShown = becomes !== null || waves.length + settled.length + starts.length > 0;
    return decision.actions;
  };
  const placed = await store.step(id, judge, { at, makeId, isOffered: (host) => fleetView.isConnected(host) });
  // Right after the commit: nothing is stored between it and the frames.
  delivery.send(placed ?? []);
  if (becomes !== null) log.info({ rollout: id, ...(becomes as object) }, 'a rollout has changed its state');
  // Followers are told; the step that this wakes finds nothing more to do.
  if (isShown) notifier.notify(rolloutsKey);
  return nextAt;
}
