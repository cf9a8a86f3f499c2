// What comes next in an upgrade: a pure function of the pipeline, its progress and the rollback marker.
import { keepsNewVersion, type StepStage, type EventOf } from '../../shared/model/journal/events.js';
import type { Progress } from '../../shared/model/journal/progress.js';
import { stopsStage } from './cancel_rule.js';
import type { RollbackMarker } from './rollback_marker.js';
import type { Step } from './step.js';

export type Action<Context> =
  | { do: StepStage; step: Step<Context> }
  /**
   * The stage fails without running, because the rollback marker shows that an earlier agent rolled this upgrade back.
   */
  | { do: 'fail'; stage: StepStage; step: Step<Context> }
  | { do: 'finish'; status: FinalStatus; hold: EventOf<'finish'>['hold'] };

export type FinalStatus = 'success' | 'failed' | 'rolled_back' | 'cancelled';

export interface Circumstances {
  /** The tenant's `on_failure: stay`. */
  stay: boolean;
  /** The marker of an earlier agent that rolled this upgrade back and could not write the journal. */
  marker: RollbackMarker | null;
}

/** After this many failed undos the upgrade needs an operator. */
const maxUndoFailures = 3;

/** The next action. Equal progress and circumstances always give the same answer. */
export function next<Context>(
  pipeline: readonly Step<Context>[],
  progress: Progress,
  circumstances: Circumstances,
): Action<Context> {
  const { stay, marker } = circumstances;
  const action = resumeCurrent(pipeline, progress) ?? chooseAction(pipeline, progress, stay);
  // The marker forbids to go forward. It never forbids an undo.
  if (marker === null || action.do === 'finish' || action.do === 'fail' || action.do === 'undo') return action;
  return { do: 'fail', stage: action.do, step: action.step };
}

/** A stage that has begun and not ended is resumed first. */
function resumeCurrent<Context>(
  pipeline: readonly Step<Context>[],
  { current }: Progress,
): { do: StepStage; step: Step<Context> } | null {
  if (current === null) return null;
  const step = pipeline.find(({ name }) => name === current.step);
  if (step === undefined) throw new Error(`the journal names a step that the pipeline does not have: ${current.step}`);
  return { do: current.stage, step };
}

function chooseAction<Context>(pipeline: readonly Step<Context>[], progress: Progress, stay: boolean): Action<Context> {
  return progress.direction === 'forward' ? goForward(pipeline, progress, stay) : rollBack(pipeline, progress, stay);
}

function goForward<Context>(pipeline: readonly Step<Context>[], progress: Progress, stay: boolean): Action<Context> {
  const prepare = pipeline.find((step) => step.prepare !== undefined && !progress.prepared.has(step.name));
  const action: { do: StepStage; step: Step<Context> } | null =
    prepare !== undefined && progress.begun.size === 0
      ? { do: 'prepare', step: prepare }
      : nextRun(pipeline.find((step) => !progress.done.has(step.name)));
  if (action === null) return { do: 'finish', status: 'success', hold: null };
  return stopsStage(progress.cancel, action.step, action.do) ? rollBack(pipeline, progress, stay) : action;
}

function nextRun<Context>(step: Step<Context> | undefined): { do: 'run'; step: Step<Context> } | null {
  return step === undefined ? null : { do: 'run', step };
}

function rollBack<Context>(pipeline: readonly Step<Context>[], progress: Progress, stay: boolean): Action<Context> {
  if (keepsNewVersion(progress.verdict)) {
    // An operator's rollback that would lose data leaves the tenant on the new version, healthy.
    if (progress.rollback !== null) return { do: 'finish', status: 'success', hold: null };
    return { do: 'finish', status: 'failed', hold: 'data-changed' };
  }
  // `stay` applies only to failures: a cancel or a rollback asks for the old version.
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
