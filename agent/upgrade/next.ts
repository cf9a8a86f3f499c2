// What comes next in an upgrade: a pure function of the pipeline and where the journal says that it stands.
import type { StepStage, EventOf } from '../../shared/model/events.js';
import type { Progress } from '../../shared/model/progress.js';
import type { Step } from './step.js';

export type Action<Context> =
  | { do: StepStage; step: Step<Context> }
  | { do: 'finish'; status: FinalStatus; hold: EventOf<'finish'>['hold'] };

export type FinalStatus = 'success' | 'failed' | 'rolled_back' | 'cancelled';

/** An undo that failed this often waits for an operator. */
const maxUndoFailures = 3;

/** Whether a cancel may stop this step: by its own rule, and never while it is being undone. */
export function isCancellable(step: Pick<Step, 'cancel'>, stage: StepStage, cancel: Progress['cancel']): boolean {
  if (cancel === null || stage === 'undo') return false;
  if (stage === 'prepare' || step.cancel === 'now') return true;
  return step.cancel === 'force' && cancel.force;
}

/** The next thing to do. The same journal always gives the same answer; `stay` is the tenant's `on_failure: stay`. */
export function next<Context>(
  pipeline: readonly Step<Context>[],
  progress: Progress,
  options: { stay: boolean },
): Action<Context> {
  const { current } = progress;
  if (current !== null) {
    const step = pipeline.find(({ name }) => name === current.step);
    if (step === undefined) throw new Error(`the journal speaks of a step that there is not: ${current.step}`);
    return { do: current.stage, step };
  }
  return progress.direction === 'forward'
    ? goForward(pipeline, progress, options)
    : goBack(pipeline, progress, options);
}

function goForward<Context>(
  pipeline: readonly Step<Context>[],
  progress: Progress,
  options: { stay: boolean },
): Action<Context> {
  const prepare = pipeline.find((step) => step.prepare !== undefined && !progress.prepared.has(step.name));
  const action: { do: StepStage; step: Step<Context> } | null =
    prepare !== undefined && progress.begun.size === 0
      ? { do: 'prepare', step: prepare }
      : nextRun(pipeline.find((step) => !progress.done.has(step.name)));
  if (action === null) return { do: 'finish', status: 'success', hold: null };
  return isCancellable(action.step, action.do, progress.cancel) ? goBack(pipeline, progress, options) : action;
}

function nextRun<Context>(step: Step<Context> | undefined): { do: 'run'; step: Step<Context> } | null {
  return step === undefined ? null : { do: 'run', step };
}

function goBack<Context>(
  pipeline: readonly Step<Context>[],
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
  const step = pipeline.findLast(
    (step) =>
      step.undo !== undefined &&
      progress.begun.has(step.name) &&
      !progress.undone.has(step.name) &&
      (!stays || step.undoneOnStay === true),
  );
  if (step === undefined) return { do: 'finish', status: endStatus(progress, stays), hold: null };
  if ((progress.undoFailures.get(step.name) ?? 0) >= maxUndoFailures) {
    return { do: 'finish', status: 'failed', hold: 'undo-failed' };
  }
  return { do: 'undo', step };
}

function endStatus(progress: Progress, stays: boolean): FinalStatus {
  if (progress.rollback !== null) return 'rolled_back';
  if (progress.failure === null && progress.cancel !== null) return 'cancelled';
  return stays ? 'failed' : 'rolled_back';
}
