// Runs upgrades in memory: the product's own loop over a journal and a host that can lose power or be killed at any record,
// sync or effect.
import { describeFinish } from '../../../../agent/upgrade/describe.js';
import { driveUpgrade } from '../../../../agent/upgrade/drive.js';
import type { Journal } from '../../../../agent/upgrade/journal.js';
import type { Row } from '../../../../agent/upgrade/row.js';
import { foldProgress } from '../../../../shared/upgrade/progress.js';
import type { Clock } from '../../../../shared/clock.js';
import { AppError, toAppError } from '../../../../shared/errors.js';
import type { Event, EventBody } from '../../../../shared/events.js';
import {
  Crash,
  createModelCommand,
  modelPipeline,
  type ModelContext,
  type Scenario,
  type World,
} from './model_tenant.js';
import type { Failure } from '../../../../shared/result.js';

/** Everything that an agent does passes here: the place where it may end. */
function createFate(scenario: Scenario, world: World) {
  return {
    pass(): void {
      world.points += 1;
      const crash = scenario.crashes.find(({ at }) => at === world.points);
      if (crash !== undefined) throw new Crash(crash.kind);
    },
  };
}

const clock: Clock = { now: () => new Date(0), monotonicMs: () => 0, wait: async () => {} };

/** Without the product's parse, for speed: tens of thousands of upgrades are run. */
const stamp = (store: Store, body: EventBody): Event => ({ ...body, n: store.events.length + 1, at: '' });

interface Store {
  events: Event[];
  durable: number;
}

function createMemoryJournal(store: Store, fate: { pass(): void }, onPoint: () => void): Journal {
  const listeners = new Set<() => void>();
  return {
    events: store.events,
    get durable() {
      return store.durable;
    },
    append(body: EventBody) {
      fate.pass();
      store.events.push(stamp(store, body));
      onPoint();
    },
    async sync() {
      fate.pass();
      store.durable = store.events.length;
      for (const listener of listeners) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => {},
  };
}

function describeModelFailure(row: Row<ModelContext>, error: unknown): Failure {
  const { code, message } = toAppError(error);
  return { step: row.name, code, message, output_tail: '', needs_operator: false };
}

/** Runs agent after agent over one journal until the upgrade has ended; returns the journal's records. */
export async function runScenario(scenario: Scenario, world: World): Promise<Event[]> {
  const store: Store = { events: [], durable: 0 };
  const fate = createFate(scenario, world);
  for (;;) {
    const cancelWhenDue = () => {
      const { cancelAt } = scenario;
      const isDue = cancelAt !== undefined && world.points >= cancelAt.at;
      if (!isDue || store.events.some(({ type }) => type === 'cancel' || type === 'finish')) return;
      store.events.push(stamp(store, { type: 'cancel', force: cancelAt.force }));
    };
    const journal = createMemoryJournal(store, fate, cancelWhenDue);
    try {
      await driveUpgrade<ModelContext>({
        pipeline: modelPipeline,
        journal,
        stay: scenario.stay === true,
        clock,
        leave: new AbortController().signal,
        createContext: (row, doing) => {
          if (doing.cancel.aborted) throw new AppError('cancelled', 'cancelled');
          const context = { row, doing, world, journal, fate, scenario, command: async () => {} };
          return { ...context, command: createModelCommand(context) };
        },
        describeFailure: (row, error) => {
          if (error instanceof Crash) throw error;
          return describeModelFailure(row, error);
        },
        describeFinish: (end) => describeFinish(store.events, end),
        makeRoom: () => {},
      });
      return store.events;
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
      if (error.message === 'power') {
        // Only what was synced is left, and nothing that ran is.
        store.events.length = store.durable;
        world.ended.clear();
        world.boots += 1;
      } else {
        store.durable = store.events.length;
      }
    }
  }
}

export const statusOf = (events: readonly Event[]) => foldProgress(events).finish;
