// The one rule of cancel: what a cancel may stop.
import type { StepStage } from '../../shared/model/journal/events.js';
import type { Progress } from '../../shared/model/journal/progress.js';
import type { Step } from './step.js';

/** `needs-force`: only a cancel with `force` stops it. */
export type CancelAnswer = 'allowed' | 'needs-force' | 'never';

/** Whether a cancel may stop this stage of the step: by the step's own `cancel`, and never while it is being undone. */
export function judgeCancel(step: Pick<Step, 'cancel'>, stage: StepStage): CancelAnswer {
  if (stage === 'undo') return 'never';
  if (stage === 'prepare' || step.cancel === 'now') return 'allowed';
  return step.cancel === 'force' ? 'needs-force' : 'never';
}

/** Whether the cancel that was asked for, if one was, stops this stage of the step. */
export function stopsStage(cancel: Progress['cancel'], step: Pick<Step, 'cancel'>, stage: StepStage): boolean {
  if (cancel === null) return false;
  const answer = judgeCancel(step, stage);
  return answer === 'allowed' || (answer === 'needs-force' && cancel.force);
}
