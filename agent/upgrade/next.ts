// What comes next in an upgrade: a pure function of the pipeline and where the journal says that it stands.
import type { Activity, EventOf } from '../../shared/model/events.js';
import type { Progress } from '../../shared/model/progress.js';
import type { Row } from './step.js';

export type Action<Context> =
  | { do: Activity; row: Row<Context> }
  | { do: 'finish'; status: FinalStatus; hold: EventOf<'finish'>['hold'] };

export type FinalStatus = 'success' | 'failed' | 'rolled_back' | 'cancelled';

/** An undo that failed this often waits for an operator. */
const maxUndoFailures = 3;

/** Whether a cancel may stop this row: by its own rule, and never while it is being undone. */
export function isCancellable(row: Pick<Row, 'cancel'>, activity: Activity, cancel: Progress['cancel']): boolean {
  if (cancel === null || activity === 'undo') return false;
  if (activity === 'prepare' || row.cancel === 'now') return true;
  return row.cancel === 'force' && cancel.force;
}

/** The next thing to do. The same journal always gives the same answer; `stay` is the tenant's `on_failure: stay`. */
export function next<Context>(
  pipeline: readonly Row<Context>[],
  progress: Progress,
  options: { stay: boolean },
): Action<Context> {
  const { current } = progress;
  if (current !== null) {
    const row = pipeline.find(({ name }) => name === current.step);
    if (row === undefined) throw new Error(`the journal speaks of a step that there is not: ${current.step}`);
    return { do: current.activity, row };
  }
  return progress.direction === 'forward'
    ? goForward(pipeline, progress, options)
    : goBack(pipeline, progress, options);
}

function goForward<Context>(
  pipeline: readonly Row<Context>[],
  progress: Progress,
  options: { stay: boolean },
): Action<Context> {
  const prepare = pipeline.find((row) => row.prepare !== undefined && !progress.prepared.has(row.name));
  const action: { do: Activity; row: Row<Context> } | null =
    prepare !== undefined && progress.begun.size === 0
      ? { do: 'prepare', row: prepare }
      : nextRun(pipeline.find((row) => !progress.done.has(row.name)));
  if (action === null) return { do: 'finish', status: 'success', hold: null };
  return isCancellable(action.row, action.do, progress.cancel) ? goBack(pipeline, progress, options) : action;
}

function nextRun<Context>(row: Row<Context> | undefined): { do: 'run'; row: Row<Context> } | null {
  return row === undefined ? null : { do: 'run', row };
}

function goBack<Context>(
  pipeline: readonly Row<Context>[],
  progress: Progress,
  { stay }: { stay: boolean },
): Action<Context> {
  if (progress.verdict === 'hold') {
    // An operator's rollback that would lose data leaves the tenant as it was: on the new version, and in order.
    if (progress.rollback !== null) return { do: 'finish', status: 'success', hold: null };
    return { do: 'finish', status: 'failed', hold: 'data-changed' };
  }
  // `stay` is about failures: who cancels or rolls back asks for the old version.
  const stays = stay && progress.failure !== null && progress.rollback === null;
  const row = pipeline.findLast(
    (row) =>
      row.undo !== undefined &&
      progress.begun.has(row.name) &&
      !progress.undone.has(row.name) &&
      (!stays || row.undoneOnStay === true),
  );
  if (row === undefined) return { do: 'finish', status: endStatus(progress, stays), hold: null };
  if ((progress.undoFailures.get(row.name) ?? 0) >= maxUndoFailures) {
    return { do: 'finish', status: 'failed', hold: 'undo-failed' };
  }
  return { do: 'undo', row };
}

function endStatus(progress: Progress, stays: boolean): FinalStatus {
  if (progress.rollback !== null) return 'rolled_back';
  if (progress.failure === null && progress.cancel !== null) return 'cancelled';
  return stays ? 'failed' : 'rolled_back';
}
