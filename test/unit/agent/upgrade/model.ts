// A tenant in memory for proving the loop: the product's own table, `next` and driver over a journal and a host that can
// lose power or be killed at any record, sync or effect.
import { pipeline } from '../../../../agent/upgrade/pipeline.js';
import { describeFinish } from '../../../../agent/upgrade/describe.js';
import { driveUpgrade, type Doing } from '../../../../agent/upgrade/drive.js';
import type { Journal } from '../../../../agent/upgrade/journal.js';
import { createRunCommand } from '../../../../agent/upgrade/run_command.js';
import type { Row } from '../../../../agent/upgrade/row.js';
import { foldProgress } from '../../../../agent/upgrade/progress.js';
import type { Clock } from '../../../../shared/clock.js';
import { AppError, toAppError } from '../../../../shared/errors.js';
import type { Event, EventBody } from '../../../../shared/events.js';
import type { Failure } from '../../../../shared/result.js';

/** What ends the agent in the middle of things: of a kill the kernel keeps all that was written, of a power cut only what was synced. */
export class Crash extends Error {}
export type CrashKind = 'kill' | 'power';

export interface Scenario {
  /** The crash comes at these points, counted over all appends, syncs and effects; each ends one agent. */
  crashes: readonly { at: number; kind: CrashKind }[];
  /** `step` or `step.undo`: its body throws; an undo this many times. */
  fails?: { body: string; times: number };
  /** A cancel is asked for at this point. */
  cancelAt?: { at: number; force: boolean };
  /** Users write as soon as the services run again. */
  usersWrite?: boolean;
  stay?: boolean;
}

/** The host: what survives a kill (`tenant`), and what ran. */
export interface World {
  tenant: { services: boolean; code: 'old' | 'new'; env: 'old' | 'new'; data: string[]; record: 'old' | 'new' };
  backup: string[] | null;
  fingerprint: string | null;
  /** Every start of a command body, by step. */
  started: string[];
  /** Run folders of commands that have ended in this boot. */
  ended: Set<string>;
  boots: number;
  /** What agents did so far that could be the last thing they did. */
  points: number;
}

export function createWorld(): World {
  return {
    tenant: { services: true, code: 'old', env: 'old', data: ['row'], record: 'old' },
    backup: null,
    fingerprint: null,
    started: [],
    ended: new Set(),
    boots: 1,
    points: 0,
  };
}

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

interface ModelContext {
  row: Row<ModelContext>;
  doing: Doing;
  world: World;
  journal: Journal;
  fate: { pass(): void };
  scenario: Scenario;
  command: (name: string, effect: () => void) => Promise<void>;
}

/** The product's own RunCommand, over commands that take no time: their effect is there, or will be, once they began. */
function createModelCommand({
  journal,
  world,
  row,
  doing,
  fate,
}: ModelContext): (name: string, effect: () => void) => Promise<void> {
  const user = { name: 'model', uid: 0, gid: 0, home: '/' };
  return async (name, effect) => {
    const run = createRunCommand({
      journal,
      bootId: `boot ${world.boots}`,
      folder: '/nowhere',
      step: row.name,
      activity: doing.activity,
      attempt: doing.attempt,
      lost: doing.activity === 'run' ? row.lost : 'again',
      secrets: [],
      cancel: doing.cancel,
      async execute({ folder, mayStart }) {
        if (!world.ended.has(folder)) {
          if (!mayStart) return { code: null, signal: null, cause: 'lost', ms: 0 };
          world.started.push(folder);
          effect();
          world.ended.add(folder);
          fate.pass();
        }
        return { code: 0, signal: null, cause: 'exited', ms: 0 };
      },
    });
    const hook = { tag: 'v1.0.0', phase: 'pre-pull', file: 'v1.0.0.sh', sha256: '' } as const;
    const isHook = row.name.startsWith('hooks-') && doing.activity === 'run';
    const what = isHook ? { hook } : row.name === 'migrate' ? { migration: name } : {};
    await run(name, { title: name, argv: ['true'], user, cwd: '/', env: {}, timeLimitMs: 1, ...what });
  };
}

const hasRunTenantCode = ({ events }: Journal) =>
  events.some((event) => event.type === 'command' && (event.hook !== undefined || event.migration !== undefined));

/** What each step does to the model. Hooks and migrations write a row of their own, so that running twice shows. */
const effects: Record<string, (world: World) => void> = {
  'stop-services': ({ tenant }) => void (tenant.services = false),
  'backup-database': (world) => void (world.backup = [...world.tenant.data]),
  checkout: ({ tenant }) => void (tenant.code = 'new'),
  'install-requirements': ({ tenant }) => void (tenant.env = 'new'),
  migrate: ({ tenant }) => void tenant.data.push('migrated'),
  'record-version': (world) => {
    world.tenant.record = 'new';
    world.fingerprint = world.tenant.data.join();
  },
  'start-services': ({ tenant }) => void (tenant.services = true),
};

const undoes: Record<string, (world: World) => void> = {
  'stop-services': ({ tenant }) => void (tenant.services = true),
  checkout: ({ tenant }) => void (tenant.code = 'old'),
  'install-requirements': ({ tenant }) => void (tenant.env = 'old'),
  'record-version': ({ tenant }) => void (tenant.record = 'old'),
};

function throwIfMeant({ scenario, row, doing }: ModelContext): void {
  const body = doing.activity === 'undo' ? `${row.name}.undo` : row.name;
  const failed = doing.progress.undoFailures.get(row.name) ?? 0;
  if (scenario.fails?.body === body && doing.activity !== 'prepare' && failed < scenario.fails.times) {
    throw new AppError('command-failed', `${body} fails`);
  }
}

/** The product's rows with their bodies replaced: names, order, what has an undo, `lost` and `cancel` are the product's. */
export const modelPipeline: readonly Row<ModelContext>[] = pipeline.map(
  ({ name, does, lost, cancel, undo, prepare, undoneOnStay }) => ({
    name,
    does,
    lost,
    cancel,
    ...(undoneOnStay === undefined ? {} : { undoneOnStay }),
    ...(prepare === undefined
      ? {}
      : { prepare: async (context: ModelContext) => context.command('prepare', () => {}) }),
    async run(context: ModelContext) {
      if (name.startsWith('hooks-')) await context.command('hook', () => context.world.tenant.data.push(name));
      else await context.command('run', () => effects[name]?.(context.world));
      if (
        name === 'start-services' &&
        context.scenario.usersWrite === true &&
        !context.world.tenant.data.includes('user')
      ) {
        context.world.tenant.data.push('user');
      }
      throwIfMeant(context);
    },
    ...(undo === undefined
      ? {}
      : {
          async undo(context: ModelContext) {
            const { world, journal } = context;
            throwIfMeant(context);
            if (name === 'start-services') {
              await context.command('stop', () => void (world.tenant.services = false));
              if (world.tenant.data.join() === world.fingerprint || !hasRunTenantCode(journal))
                return 'undone' as const;
              await context.command('start again', () => void (world.tenant.services = true));
              return 'hold' as const;
            }
            if (name === 'backup-database') {
              if (!hasRunTenantCode(journal)) return undefined;
              await context.command('restore', () => void (world.tenant.data = [...(world.backup ?? [])]));
              return undefined;
            }
            await context.command('undo', () => undoes[name]?.(world));
            return undefined;
          },
        }),
  }),
);

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
