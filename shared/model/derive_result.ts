// Derives the result of an upgrade from its journal: the specification's response, then Drover's additions.
import { backupPathKey, type StepStage, type Event, type EventOf, type Verdict } from './events.js';
import { phases, type Phase } from './plan.js';
import { fit } from './fit.js';
import { resultSchema, type Failure, type Result } from './result.js';
import { explainExit } from '../os/exit_status.js';
import { foldProgress } from './progress.js';
import type { StepName } from './step_names.js';

type Step = Result['steps'][number];

function ofType<Type extends Event['type']>(events: readonly Event[], type: Type): EventOf<Type>[] {
  return events.filter((event): event is EventOf<Type> => event.type === type);
}

/** The last exit of each command by its key: a lost command may run again. */
function readExits(events: readonly Event[]): Map<string, EventOf<'exit'>> {
  return new Map(ofType(events, 'exit').map((exit) => [exit.key, exit]));
}

function describeHookExit(exit: EventOf<'exit'>): string {
  if (exit.cause === 'exited' && exit.code === 0) return 'OK';
  const causes = {
    exited: explainExit(exit),
    'time-limit': 'time limit',
    'output-limit': 'too much output',
    cancelled: 'cancelled',
    lost: 'lost',
  };
  return exit.cause === 'lost' ? 'LOST (the host went down)' : `FAILED (${causes[exit.cause]})`;
}

/** `post-pull: v0.3.28.sh - OK`, in the order in which they ran, with those an operator marked. */
function listHooks(events: readonly Event[]): string[] {
  const exits = readExits(events);
  const [begin] = ofType(events, 'begin');
  const begunPhases = new Set(ofType(events, 'step-begin').map((event) => event.step));
  const marked = (begin?.plan?.hooks ?? []).filter(
    ({ mark, phase }) => mark !== null && begunPhases.has(hookStep(phase)),
  );
  const ran = ofType(events, 'command').flatMap(({ hook, key }) => {
    const exit = exits.get(key);
    return hook === undefined || exit === undefined
      ? []
      : [{ phase: hook.phase, text: `${hook.phase}: ${hook.file} - ${describeHookExit(exit)}` }];
  });
  const skipped = marked.map(({ phase, file, mark }) => ({
    phase,
    text: `${phase}: ${file} - ${mark?.as === 'done' ? 'MARKED DONE' : 'SKIPPED'} (${mark?.reason ?? ''})`,
  }));
  return phases
    .flatMap((phase) => [...skipped, ...ran].filter((entry) => entry.phase === phase))
    .map(({ text }) => text);
}

/** The name of the step at which the hooks of a phase run. */
function hookStep(phase: Phase): StepName {
  return `hooks-${phase}`;
}

function listMigrations(events: readonly Event[]): string[] {
  const exits = readExits(events);
  return ofType(events, 'command').flatMap(({ migration, key }) =>
    migration !== undefined && exits.get(key)?.code === 0 ? [migration] : [],
  );
}

const elapsedMs = (from: string, to: string) => Math.max(0, Date.parse(to) - Date.parse(from));

function listSteps(events: readonly Event[]): Step[] {
  const steps: Step[] = [];
  let begunAt = '';
  for (const event of events) {
    if (event.type === 'step-begin') {
      begunAt = event.at;
      if (event.stage === 'run') steps.push({ name: event.step, status: 'running', ms: 0 });
    }
    const step = event.type === 'step-end' ? steps.findLast(({ name }) => name === event.step) : undefined;
    if (event.type !== 'step-end' || step === undefined) continue;
    if (event.stage === 'run') Object.assign(step, { status: event.status, ms: elapsedMs(begunAt, event.at) });
    if (event.stage === 'undo' && event.status === 'ok' && step.status === 'ok') step.status = 'undone';
  }
  return steps;
}

const isStop = ({ step, stage }: { step: StepName; stage: StepStage }) =>
  (step === 'stop-services' && stage === 'run') || (step === 'start-services' && stage === 'undo');
/** An undo of the start that ends in a hold has started the services again. */
const isStart = ({ step, stage, verdict }: { step: StepName; stage: StepStage; verdict?: Verdict | undefined }) =>
  (step === 'start-services' && (stage === 'run' || verdict === 'hold')) ||
  (step === 'stop-services' && stage === 'undo');

/**
 * How long the services were down, from each stop (of the upgrade, or of its undo) until they were started: before an
 * operator asked for a rollback, and from then on.
 */
function findDowntimes(events: readonly Event[], now: string): { ownMs: number; rollbackMs: number } {
  const first = events.findIndex(({ type }) => type === 'rollback');
  if (first === -1) return { ownMs: findDowntimeMs(events, now), rollbackMs: 0 };
  const [own, rollback] = [events.slice(0, first), events.slice(first)];
  return { ownMs: findDowntimeMs(own, rollback[0]?.at ?? now), rollbackMs: findDowntimeMs(rollback, now) };
}

function findDowntimeMs(events: readonly Event[], now: string): number {
  let totalMs = 0;
  let downSince: string | null = null;
  for (const event of events) {
    if (event.type === 'step-begin' && isStop(event)) downSince ??= event.at;
    if (event.type !== 'step-end' || event.status !== 'ok' || !isStart(event) || downSince === null) continue;
    totalMs += elapsedMs(downSince, event.at);
    downSince = null;
  }
  return totalMs + (downSince === null ? 0 : elapsedMs(downSince, now));
}

function findBackupPath(events: readonly Event[]): string | null {
  const value = ofType(events, 'memo').find(({ key }) => key === backupPathKey)?.value;
  return typeof value === 'string' ? value : null;
}

/** The result so far; `running` until the upgrade ends. Never throws. */
export function deriveResult(events: readonly Event[]): Result {
  const [begin] = ofType(events, 'begin');
  const plan = begin?.plan ?? null;
  const progress = foldProgress(events);
  const { finish } = progress;
  const last = events.at(-1)?.at ?? '';
  const { ownMs, rollbackMs } = findDowntimes(events, last);
  const rollback = ofType(events, 'rollback').at(-1);
  const failure: Failure | null = finish === null ? progress.failure : finish.failure;
  const result: Result = {
    status: finish?.status ?? 'running',
    previous_version: begin?.current_version ?? null,
    new_version: plan?.target?.version ?? begin?.request.version ?? null,
    commit: plan?.target?.commit ?? null,
    migrations_run: listMigrations(events),
    hooks_executed: listHooks(events),
    backup_path: findBackupPath(events),
    details: ofType(events, 'line').map(({ text }) => text),
    id: begin?.id ?? '',
    tenant: begin?.tenant ?? '',
    host: begin?.host ?? '',
    current_version: finish === null ? null : finish.current_version,
    started_at: begin?.at ?? '',
    finished_at: finish?.at ?? null,
    downtime_ms: ownMs,
    rollback: rollback === undefined ? null : { asked_at: rollback.at, downtime_ms: rollbackMs },
    steps: listSteps(events),
    warnings: [...(plan?.warnings ?? []), ...ofType(events, 'warning').map(({ text }) => text)],
    failure,
  };
  const bounded = resultSchema.safeParse(fit(resultSchema, result));
  // Without a first event it has no names yet.
  return bounded.success ? bounded.data : result;
}
