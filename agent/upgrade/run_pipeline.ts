// Runs an upgrade: asks what comes next, writes that down, does it, writes down how it ended. Recovery is this too.
import type { Clock } from '../../shared/os/clock.js';
import type { StepStage, EventBody, EventOf, Verdict } from '../../shared/model/events.js';
import type { Failure } from '../../shared/model/result.js';
import { isDiskError, isOutOfResources } from '../command/os_errors.js';
import type { Journal } from '../store/journal.js';
import { stopsStage } from './cancel_rule.js';
import { next, type Circumstances, type FinalStatus } from './next.js';
import { rolledBackBefore } from './rollback_marker.js';
import { foldProgress, type Progress } from '../../shared/model/progress.js';
import type { Step } from './step.js';

/** A failed undo is tried again after this long, and after twice as long. */
const undoPauseMs = 500;

export interface StageContext {
  stage: StepStage;
  /** 1 for the first time that this is begun; resuming it after a restart is not a new one. */
  attempt: number;
  /** Aborts when a cancel of the upgrade stops this stage. */
  cancel: AbortSignal;
  progress: Progress;
  /**
   * Returns once what was announced may be done. Forward that is when the events are on the disk, and it throws where
   * they cannot be. Back the tenant comes first: events that cannot be written are held.
   */
  flushJournal: () => Promise<void>;
}

export interface PipelineRun<Context> extends Circumstances {
  pipeline: readonly Step<Context>[];
  journal: Journal;
  clock: Clock;
  /** The agent ends: everything is left as it is, for the next one to resume. */
  shutdown: AbortSignal;
  createContext(step: Step<Context>, stageContext: StageContext): Context;
  describeFailure(step: Step<Context>, error: unknown): Failure;
  describeFinish(end: { status: FinalStatus; hold: EventOf<'finish'>['hold'] }): EventBody;
  /** Called when a disk is full, before anything else is tried. */
  makeRoom(): void;
  /** Leaves the rollback marker for an agent after this one: the journal cannot be written. Never throws. */
  writeRollbackMarker(verdict: Verdict | null): Promise<void>;
  /** Called before the last event: what undoing left for when the state folder can be written. May be called again. */
  beforeFinish(progress: Progress): Promise<void>;
}

/**
 * Runs the upgrade of this journal to its end, from its present progress. Where the journal cannot be written it rolls
 * back. Rejects when `shutdown` aborts, and when all that can be done for now is done: to be called again until it
 * resolves.
 */
export async function runPipeline<Context>(run: PipelineRun<Context>): Promise<void> {
  const { pipeline, journal, shutdown } = run;
  for (;;) {
    shutdown.throwIfAborted();
    const progress = foldProgress(journal.events);
    if (progress.finish !== null) return journal.sync();
    const action = next(pipeline, progress, run);
    if (action.do === 'finish') {
      if (progress.begun.size === 0 && action.status !== 'success') sayOnce(journal, 'Nothing was stopped or changed');
      await journal.sync();
      await run.beforeFinish(progress);
      journal.append(run.describeFinish(action));
      continue;
    }
    const isBarred = action.do === 'fail';
    const stage = action.do === 'fail' ? action.stage : action.do;
    const { step } = action;
    if (progress.current === null) journal.append({ type: 'step-begin', step: step.name, stage });
    if (stage === 'run') sayOnce(journal, step.messages?.begin);
    await runStage(run, { step, stage, isBarred }, progress);
  }
}

/** A line of the result. What is resumed says nothing twice: lines since the step was begun are not repeated. */
export function sayOnce(journal: Journal, text: string | undefined): void {
  const begun = journal.events.findLastIndex((event) => event.type === 'step-begin');
  const isSaid = journal.events.slice(Math.max(0, begun)).some((event) => event.type === 'line' && event.text === text);
  if (text !== undefined && !isSaid) journal.append({ type: 'line', text });
}

async function runStage<Context>(
  run: PipelineRun<Context>,
  { step, stage, isBarred }: { step: Step<Context>; stage: StepStage; isBarred: boolean },
  progress: Progress,
): Promise<void> {
  const { journal, clock, shutdown } = run;
  const ending = { type: 'step-end', step: step.name, stage } as const;
  const cancelling = watchForCancel(journal, step, stage);
  const flushJournal = () =>
    stage === 'undo' ? journal.sync().catch(() => run.writeRollbackMarker(progress.verdict)) : journal.sync();
  try {
    await flushJournal();
    if (isBarred) throw rolledBackBefore();
    const attempt = journal.events.filter(
      (event) => event.type === 'step-begin' && event.step === step.name && event.stage === stage,
    ).length;
    const stageContext = { stage, attempt, cancel: cancelling.signal, progress, flushJournal };
    const verdict = await callBody(step, stage, run.createContext(step, stageContext));
    if (stage === 'run') sayOnce(journal, step.messages?.end);
    journal.append({ ...ending, status: 'ok', ...(verdict === undefined ? {} : { verdict }) });
  } catch (error) {
    shutdown.throwIfAborted();
    if (isDiskError(error)) run.makeRoom();
    if (cancelling.signal.aborted) {
      journal.append({ ...ending, status: 'cancelled' });
      return;
    }
    // It says nothing about the undo: the tenant must not be left to an operator because of it.
    if (stage === 'undo' && isOutOfResources(error)) throw error;
    const failure = run.describeFailure(step, error);
    const failuresBefore = progress.undoFailures.get(step.name) ?? 0;
    if (stage === 'undo') await clock.wait(undoPauseMs * (failuresBefore + 1), shutdown);
    journal.append({ ...ending, status: 'failed', failure });
  } finally {
    cancelling.close();
  }
}

async function callBody<Context>(
  step: Step<Context>,
  stage: StepStage,
  context: Context,
): Promise<Verdict | undefined> {
  if (stage === 'prepare') await step.prepare?.(context);
  if (stage === 'run') await step.run(context);
  return stage === 'undo' ? ((await step.undo?.(context)) ?? undefined) : undefined;
}

/** A cancel arrives as an event like all else; this makes a signal of the one that stops this stage. */
function watchForCancel<Context>(journal: Journal, step: Step<Context>, stage: StepStage) {
  const controller = new AbortController();
  const check = () => {
    if (!journal.events.some((event) => event.type === 'cancel')) return;
    if (stopsStage(foldProgress(journal.events).cancel, step, stage)) controller.abort(new Error('cancelled'));
  };
  const close = journal.subscribe(check);
  check();
  return { signal: controller.signal, close };
}
