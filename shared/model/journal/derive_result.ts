// Derives the result of an upgrade from its journal: the specification's response, then Drover's additions. A fold, so
// that who receives the events one by one reads none of them twice.
import { backupPathKey, type Event, type EventOf } from './events.js';
import { createDowntimeFold } from './downtime_fold.js';
import { elapsedMs } from '../elapsed.js';
import { fit } from '../fit.js';
import { createHookList } from '../hook_list.js';
import { createLineKeeper } from './line_keeper.js';
import { resultSchema, type Failure, type Result } from '../result.js';
import { createProgressFold } from './progress.js';

type Step = Result['steps'][number];

export interface ResultFold {
  add(event: Event): void;
  /** The result so far; `running` until the upgrade ends. Never throws. */
  read(): Result;
}

/** No event has come. What it keeps is bounded, however many events come. */
// oxlint-disable-next-line max-lines-per-function -- a factory: its closures are the methods
export function createResultFold(): ResultFold {
  const progress = createProgressFold();
  const downtime = createDowntimeFold();
  const lines = createLineKeeper();
  const hooks = createHookList(lines);
  const details: string[] = [];
  const warnings: string[] = [];
  const steps: Step[] = [];
  let begin: EventOf<'begin'> | null = null;
  let rollback: EventOf<'rollback'> | null = null;
  let backupPath: string | null = null;
  let stepBegunAt = '';
  let last = '';

  function endStep(event: EventOf<'step-end'>): void {
    const step = steps.findLast(({ name }) => name === event.step);
    if (step === undefined) return;
    if (event.stage === 'run') Object.assign(step, { status: event.status, ms: elapsedMs(stepBegunAt, event.at) });
    if (event.stage === 'undo' && event.status === 'ok' && step.status === 'ok') step.status = 'undone';
  }

  function take(event: Event): void {
    switch (event.type) {
      case 'begin':
        // The configuration is long, and no part of a result.
        begin ??= { ...event, config: null };
        break;
      case 'step-begin':
        stepBegunAt = event.at;
        if (event.stage === 'run') lines.keep(steps, { name: event.step, status: 'running', ms: 0 });
        break;
      case 'step-end':
        endStep(event);
        break;
      case 'memo':
        if (event.key === backupPathKey && typeof event.value === 'string') backupPath ??= event.value;
        break;
      case 'line':
        lines.keep(details, event.text);
        break;
      case 'warning':
        lines.keep(warnings, event.text);
        break;
      case 'rollback':
        rollback = event;
        break;
      default:
    }
  }

  return {
    add(event) {
      last = event.at;
      progress.add(event);
      downtime.add(event);
      hooks.add(event);
      take(event);
    },
    read() {
      const plan = begin?.plan ?? null;
      const { finish } = progress.progress;
      const { ownMs, rollbackMs } = downtime.read(last);
      const failure: Failure | null = finish === null ? progress.progress.failure : finish.failure;
      const result: Result = {
        status: finish?.status ?? 'running',
        previous_version: begin?.current_version ?? null,
        new_version: plan?.target?.version ?? begin?.request.version ?? null,
        commit: plan?.target?.commit ?? null,
        migrations_run: hooks.listMigrations(),
        hooks_executed: hooks.listHooks(plan),
        backup_path: backupPath,
        details: [...details, ...lines.explainLeftOut()],
        id: begin?.id ?? '',
        tenant: begin?.tenant ?? '',
        host: begin?.host ?? '',
        current_version: finish === null ? null : finish.current_version,
        services: finish?.services ?? null,
        started_at: begin?.at ?? '',
        finished_at: finish?.at ?? null,
        downtime_ms: ownMs,
        rollback: rollback === null ? null : { asked_at: rollback.at, downtime_ms: rollbackMs },
        steps: steps.map((step) => ({ ...step })),
        warnings: [...(plan?.warnings ?? []), ...warnings],
        failure,
      };
      const bounded = resultSchema.safeParse(fit(resultSchema, result));
      // Without a first event it has no names yet.
      return bounded.success ? bounded.data : result;
    },
  };
}

/** The result so far; `running` until the upgrade ends. Never throws. */
export function deriveResult(events: readonly Event[]): Result {
  const fold = createResultFold();
  for (const event of events) fold.add(event);
  return fold.read();
}
