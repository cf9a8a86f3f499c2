// Runs upgrades in memory: the product's own loop over a journal and a host that can lose power or be killed at any event,
// sync or effect.
import { describeFinish } from '../../../../agent/upgrade/describe.js';
import { runPipeline, type PipelineRun } from '../../../../agent/upgrade/run_pipeline.js';
import type { Journal } from '../../../../agent/store/journal.js';
import type { Step } from '../../../../agent/upgrade/step.js';
import { foldProgress } from '../../../../shared/model/journal/progress.js';
import type { Clock } from '../../../../shared/os/clock.js';
import { AppError, toAppError } from '../../../../shared/errors.js';
import type { Event, EventBody, StepStage } from '../../../../shared/model/journal/events.js';
import {
  copyWorld,
  createModelCommand,
  createWorld,
  type CrashKind,
  modelPipeline,
  type ModelContext,
  type Scenario,
  type World,
} from './model_tenant.js';
import type { Failure } from '../../../../shared/model/result.js';

/** Of agents that never leave by themselves. */
const never = new AbortController().signal;
const clock: Clock = { now: () => new Date(0), monotonicMs: () => 0, wait: async () => {} };

/** Without the product's parse, for speed: tens of thousands of upgrades are run. */
const stamp = (store: Store, body: EventBody): Event => ({ ...body, n: store.events.length + 1, at: '' });

export interface Store {
  events: Event[];
  /** How many would be there for the next agent, and how many also after a power cut. */
  written: number;
  durable: number;
}

type Fate = ModelContext['fate'];

function createMemoryJournal(store: Store, fate: Fate, onPoint: () => void): Journal {
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
      if (fate.isWritable()) store.written = store.events.length;
    },
    async sync() {
      fate.pass();
      if (!fate.isWritable() && store.durable < store.events.length) throw new AppError('io', 'the disk is read-only');
      store.written = store.events.length;
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

function describeModelFailure(step: Step<ModelContext>, _stage: StepStage, error: unknown): Failure {
  const { code, message } = toAppError(error);
  return { step: step.name, code, message, output_tail: '', needs_operator: false };
}

/** All that outlives an agent. */
export interface Host {
  world: World;
  store: Store;
}

export function createHost(): Host {
  return { world: createWorld(), store: { events: [], written: 0, durable: 0 } };
}

/** What a crash leaves, apart from the host itself. Events never change, so both hold the same ones. */
function copyCrashed({ world, store }: Host, kind: CrashKind): Host {
  // Of a power cut only what was synced is left, and nothing that ran is.
  const events = store.events.slice(0, kind === 'kill' ? store.written : store.durable);
  const copy = { world: copyWorld(world), store: { events, written: events.length, durable: events.length } };
  if (kind === 'power') {
    copy.world.ended.clear();
    copy.world.boots += 1;
  }
  return copy;
}

/**
 * Runs the upgrade to its end, and returns what a crash at each of its points would have left: a crash does nothing more
 * than to end the agent there. The host that is given ends with the upgrade.
 */
export async function crashEverywhere(kind: CrashKind, scenario: Scenario, host = createHost()): Promise<Host[]> {
  const crashed: Host[] = [];
  await runScenario(scenario, host, () => crashed.push(copyCrashed(host, kind)));
  return crashed;
}

/**
 * Runs an agent over what the host has, to the end of the upgrade. `onPoint` is called before each append and sync and
 * after each effect: where the agent may end.
 */
export async function runScenario(scenario: Scenario, { world, store }: Host, onPoint?: () => void): Promise<void> {
  const { unwritable } = scenario;
  const isWritable = () => unwritable === undefined || world.points < unwritable.from || world.points >= unwritable.to;
  const pass = () => {
    world.points += 1;
    onPoint?.();
  };
  const cancelWhenDue = () => {
    const { cancelAt } = scenario;
    const isDue = cancelAt !== undefined && world.points >= cancelAt.at;
    if (!isDue || store.events.some(({ type }) => type === 'cancel' || type === 'finish')) return;
    store.events.push(stamp(store, { type: 'cancel', force: cancelAt.force }));
  };
  const journal = createMemoryJournal(store, { pass, isWritable }, cancelWhenDue);
  const makeRun = (marker: World['rollbackMarker']): PipelineRun<ModelContext> => ({
    pipeline: modelPipeline,
    journal,
    stay: scenario.stay === true,
    marker,
    clock,
    shutdown: never,
    createContext: (step, stageContext) => {
      if (stageContext.cancel.aborted) throw new AppError('cancelled', 'cancelled');
      const verdictBefore = marker?.verdict ?? null;
      const fixed = { step, stageContext, world, journal, fate: { pass, isWritable }, scenario, verdictBefore };
      const context = { ...fixed, command: async () => {} };
      return { ...context, command: createModelCommand(context) };
    },
    async endCommands() {
      for (const key of listOpenCommands(store.events)) {
        journal.append({ type: 'exit', key, code: null, signal: null, cause: 'cancelled', ms: 0 });
      }
    },
    describeFailure: describeModelFailure,
    describeFinish: async (end) => describeFinish(store.events, end),
    beforeHold: async () => {},
    makeRoom: () => {},
    async writeRollbackMarker(verdict) {
      world.rollbackMarker = { verdict: verdict ?? world.rollbackMarker?.verdict ?? null };
    },
    async beforeFinish({ undone }) {
      if (undone.has('record-version')) world.tenant.record = 'old';
      world.rollbackMarker = null;
    },
  });
  for (;;) {
    try {
      return await runPipeline(makeRun(world.rollbackMarker));
    } catch (error) {
      if (isWritable()) throw error;
      world.atFirstWait ??= structuredClone(world.tenant);
    }
  }
}

/** The keys of the commands whose end is not among the events. */
function listOpenCommands(events: readonly Event[]): string[] {
  const ended = new Set(events.flatMap((event) => (event.type === 'exit' ? [event.key] : [])));
  return events.flatMap((event) => (event.type === 'command' && !ended.has(event.key) ? [event.key] : []));
}

/** The ends of stages at which a command was still open. */
export function findEndsTooEarly(events: readonly Event[]): Event[] {
  return events.filter(
    (event, index) => event.type === 'step-end' && listOpenCommands(events.slice(0, index)).length > 0,
  );
}

export const statusOf = (events: readonly Event[]) => foldProgress(events).finish;
