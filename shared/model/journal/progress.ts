// The progress of an upgrade: a fold over its journal. It is derived each time and never stored.
import { keepsNewVersion, type StepStage, type Event, type EventOf, type Verdict } from './events.js';
import type { Failure } from '../result.js';
import type { StepName } from '../step_names.js';

export interface Progress {
  direction: 'forward' | 'back';
  /** The step that has begun and not ended: the upgrade resumes it first. */
  current: { step: StepName; stage: StepStage } | null;
  prepared: ReadonlySet<StepName>;
  begun: ReadonlySet<StepName>;
  done: ReadonlySet<StepName>;
  undone: ReadonlySet<StepName>;
  undoFailures: ReadonlyMap<StepName, number>;
  /** The steps that were undone since an operator last resumed the rollback; empty where nobody did. */
  undoneSinceResume: ReadonlySet<StepName>;
  /** Of the step whose failure rolls the upgrade back. */
  failure: Failure | null;
  /** Of the latest undo that failed. */
  undoFailure: Failure | null;
  cancel: { force: boolean } | null;
  /** An operator's command to roll a finished upgrade back. */
  rollback: { id: string; restoreDatabase: boolean } | null;
  /** What undoing the commit point found. */
  verdict: Verdict | null;
  finish: EventOf<'finish'> | null;
}

type Draft = {
  -readonly [Key in keyof Progress]: Progress[Key] extends ReadonlySet<StepName>
    ? Set<StepName>
    : Progress[Key] extends ReadonlyMap<StepName, number>
      ? Map<StepName, number>
      : Progress[Key];
} & { isResumed: boolean };

function endStep(draft: Draft, event: EventOf<'step-end'>): void {
  const { step, stage, status } = event;
  draft.current = null;
  if (stage === 'undo') {
    if (status === 'ok') {
      draft.verdict = event.verdict ?? draft.verdict;
      if (keepsNewVersion(event.verdict)) return;
      draft.undone.add(step);
      if (draft.isResumed) draft.undoneSinceResume.add(step);
    } else {
      draft.undoFailures.set(step, (draft.undoFailures.get(step) ?? 0) + 1);
      draft.undoFailure = event.failure ?? null;
    }
    return;
  }
  if (status === 'ok') {
    (stage === 'run' ? draft.done : draft.prepared).add(step);
    return;
  }
  draft.direction = 'back';
  if (status === 'failed') draft.failure ??= event.failure ?? null;
}

/** After a hold an operator may retry what failed: the undo, or the steps from the commit point on. */
function resume(draft: Draft): void {
  if (draft.finish?.hold === 'data-changed') {
    draft.direction = 'forward';
    draft.failure = null;
    draft.cancel = null;
    draft.rollback = null;
    draft.verdict = null;
  }
  draft.undoFailures.clear();
  draft.undoFailure = null;
  draft.undoneSinceResume.clear();
  draft.isResumed = draft.direction === 'back';
  draft.finish = null;
}

function apply(draft: Draft, event: Event): void {
  switch (event.type) {
    case 'step-begin':
      draft.current = { step: event.step, stage: event.stage };
      if (event.stage === 'run') draft.begun.add(event.step);
      break;
    case 'step-end':
      endStep(draft, event);
      break;
    case 'cancel':
      draft.cancel = { force: event.force || draft.cancel?.force === true };
      break;
    case 'rollback':
      draft.direction = 'back';
      draft.rollback = { id: event.id, restoreDatabase: event.restore_database };
      draft.undoFailures.clear();
      draft.verdict = null;
      draft.finish = null;
      break;
    case 'resume':
      if (!event.accept) resume(draft);
      break;
    case 'finish':
      draft.finish = event;
      break;
    default:
  }
}

/** The progress of an upgrade as its events come, one by one. */
export interface ProgressFold {
  add(event: Event): void;
  /** The progress so far; later events change it. */
  progress: Progress;
}

/** No event has come. */
export function createProgressFold(): ProgressFold {
  const draft: Draft = {
    direction: 'forward',
    current: null,
    prepared: new Set(),
    begun: new Set(),
    done: new Set(),
    undone: new Set(),
    undoFailures: new Map(),
    undoneSinceResume: new Set(),
    isResumed: false,
    failure: null,
    undoFailure: null,
    cancel: null,
    rollback: null,
    verdict: null,
    finish: null,
  };
  return { add: (event) => apply(draft, event), progress: draft };
}

/** The progress of the upgrade after these events. Pure. */
export function foldProgress(events: readonly Event[]): Progress {
  const fold = createProgressFold();
  for (const event of events) fold.add(event);
  return fold.progress;
}
