// A tenant in memory: what an upgrade may change of it, and the product's pipeline with bodies that change just that.
import { pipeline } from '../../../../agent/upgrade/pipeline.js';
import type { StageContext } from '../../../../agent/upgrade/run_pipeline.js';
import type { Journal } from '../../../../agent/store/journal.js';
import type { Step } from '../../../../agent/upgrade/step.js';
import { runPlaces } from '../../../../agent/store/run_folders.js';
import { createRunCommand } from '../../../../agent/upgrade/run_command.js';
import { AppError } from '../../../../shared/errors.js';
import type { Verdict } from '../../../../shared/model/journal/events.js';

/** What ends the agent in the middle of things: of a kill the kernel keeps all that was written, of a power cut only what was synced. */
export type CrashKind = 'kill' | 'power';

export interface Scenario {
  /** From one point to before another the disk of the journal takes nothing. */
  unwritable?: { from: number; to: number };
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
  /** The rollback marker beside the tenant's data. */
  rollbackMarker: { verdict: Verdict | null } | null;
  /** Commands that went forward though the disk did not have what announced them. */
  begunUnwritten: string[];
  /** The tenant when the agent first waited for the disk. */
  atFirstWait: World['tenant'] | null;
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
    rollbackMarker: null,
    begunUnwritten: [],
    atFirstWait: null,
    points: 0,
  };
}

export function copyWorld(world: World): World {
  const { tenant, backup, started, ended } = world;
  return {
    ...world,
    tenant: { ...tenant, data: [...tenant.data] },
    backup: backup === null ? null : [...backup],
    started: [...started],
    ended: new Set(ended),
    begunUnwritten: [...world.begunUnwritten],
  };
}

export interface ModelContext {
  step: Step<ModelContext>;
  stageContext: StageContext;
  world: World;
  journal: Journal;
  fate: { pass(): void; isWritable(): boolean };
  scenario: Scenario;
  /** Of the rollback marker that this agent found. */
  verdictBefore: Verdict | null;
  command: (name: string, effect: () => void) => Promise<void>;
}

/** The product's own RunCommand, over commands that take no time: their effect is there, or will be, once they began. */
export function createModelCommand({
  journal,
  world,
  step,
  stageContext,
  fate,
}: ModelContext): (name: string, effect: () => void) => Promise<void> {
  const user = { name: 'model', uid: 0, gid: 0, home: '/' };
  return async (name, effect) => {
    const run = createRunCommand({
      journal,
      flushJournal: () => stageContext.flushJournal(),
      bootId: `boot ${world.boots}`,
      upgradeId: 'model',
      runs: runPlaces('/nowhere/model', 0),
      step: step.name,
      stage: stageContext.stage,
      attempt: stageContext.attempt,
      lost: stageContext.stage === 'run' ? step.lost : 'again',
      secrets: [],
      cancel: stageContext.cancel,
      flushOutput: async () => {},
      async execute({ folder }) {
        if (!world.ended.has(folder)) {
          world.started.push(folder);
          if (stageContext.stage !== 'undo' && journal.durable < journal.events.length) {
            world.begunUnwritten.push(folder);
          }
          effect();
          world.ended.add(folder);
          fate.pass();
        }
        return { code: 0, signal: null, cause: 'exited', ms: 0, left: [] };
      },
    });
    const hook = { tag: 'v1.0.0', phase: 'pre-pull', file: 'v1.0.0.sh', sha256: '' } as const;
    const isHook = step.name.startsWith('hooks-') && stageContext.stage === 'run';
    const what = isHook ? { hook } : step.name === 'migrate' ? { migration: name } : {};
    await run(name, { title: name, argv: ['true'], user, cwd: '/', env: {}, timeLimitMs: 1, ...what });
  };
}

const hasRunTenantCode = ({ events }: Journal) =>
  events.some((event) => event.type === 'command' && (event.hook !== undefined || event.migration !== undefined));

type Effects = Record<string, (world: World) => void>;

/** What each step does to the model. Hooks and migrations write a row of their own, so that running twice shows. */
const effects: Effects = {
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

const undoEffects: Effects = {
  'stop-services': ({ tenant }) => void (tenant.services = true),
  checkout: ({ tenant }) => void (tenant.code = 'old'),
  'install-requirements': ({ tenant }) => void (tenant.env = 'old'),
};

function throwIfMeant({ scenario, step, stageContext }: ModelContext): void {
  const body = stageContext.stage === 'undo' ? `${step.name}.undo` : step.name;
  const failed = stageContext.progress.undoFailures.get(step.name) ?? 0;
  if (scenario.fails?.body === body && failed < scenario.fails.times) {
    throw new AppError('command-failed', `${body} fails`);
  }
}

async function runStep(context: ModelContext): Promise<void> {
  const { step, world, scenario, command } = context;
  const { tenant } = world;
  if (step.name.startsWith('hooks-')) await command('hook', () => void tenant.data.push(step.name));
  else await command('run', () => effects[step.name]?.(world));
  const writes = step.name === 'start-services' && scenario.usersWrite === true;
  if (writes && !tenant.data.includes('user')) tenant.data.push('user');
  throwIfMeant(context);
}

async function undoStep(context: ModelContext): Promise<Verdict | void> {
  const { step, world, journal, command, fate, verdictBefore } = context;
  const { tenant } = world;
  throwIfMeant(context);
  switch (step.name) {
    case 'start-services':
      await command('stop', () => void (world.tenant.services = false));
      if (verdictBefore !== null) return verdictBefore;
      if (world.tenant.data.join() === world.fingerprint || !hasRunTenantCode(journal)) return 'undone';
      await command('start again', () => void (world.tenant.services = true));
      return 'hold';
    case 'backup-database':
      if (hasRunTenantCode(journal)) {
        await command('restore', () => void (world.tenant.data = [...(world.backup ?? [])]));
      }
      return undefined;
    case 'record-version':
      // It lies where the journal does: what cannot be put back now is done before the last event.
      await command('undo', () => void (tenant.record = fate.isWritable() ? 'old' : tenant.record));
      return undefined;
    default:
      await command('undo', () => undoEffects[step.name]?.(world));
      return undefined;
  }
}

/** The product's steps with their bodies replaced: names, order, what has an undo, `lost` and `cancel` are the product's. */
export const modelPipeline: readonly Step<ModelContext>[] = pipeline.map((step) => ({
  name: step.name,
  does: step.does,
  lost: step.lost,
  cancel: step.cancel,
  ...(step.undoneOnStay === undefined ? {} : { undoneOnStay: step.undoneOnStay }),
  ...(step.prepare === undefined ? {} : { prepare: ({ command }: ModelContext) => command('prepare', () => {}) }),
  run: runStep,
  ...(step.undo === undefined ? {} : { undo: undoStep }),
}));
