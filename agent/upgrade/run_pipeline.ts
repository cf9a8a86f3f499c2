// Runs an upgrade: chooses the next action, journals it, does it, journals the result. Recovery is the same loop.
import type { Clock } from '../../shared/os/clock.js';
import type { StepStage, EventBody, EventOf, Verdict } from '../../shared/model/journal/events.js';
import type { Failure } from '../../shared/model/result.js';
import { isDiskError, isOutOfResources } from '../command/os_errors.js';
import type { Journal } from '../store/journal.js';
import { stopsStage } from './cancel_rule.js';
import { next, type Circumstances, type FinalStatus } from './next.js';
import { rolledBackBefore } from './rollback_marker.js';
import { foldProgress, type Progress } from '../../shared/model/journal/progress.js';
import type { Step } from './step.js';

/** The pause before a failed undo is tried again; before the third attempt it is twice as long. */
const undoPauseMs = 500;
/** The number of the attempt before the first hold: higher than those of any undo. */
const holdAttempts = 1000;

export interface StageContext {
  stage: StepStage;
  /** 1 for the first attempt. A resume after a restart is no new attempt. */
  attempt: number;
  /** Aborts when a cancel stops this stage. */
  cancel: AbortSignal;
  progress: Progress;
  /**
   * Returns once the announced action may begin. Forward that is when the events are on the disk; it throws where they
   * cannot be written. In a rollback the tenant comes first: events that cannot be written are held.
   */
  flushJournal: () => Promise<void>;
}

export interface PipelineRun<Context> extends Circumstances {
  pipeline: readonly Step<Context>[];
  journal: Journal;
  clock: Clock;
  /** Aborts when the agent ends: the next agent resumes the upgrade. */
  shutdown: AbortSignal;
  createContext(step: Step<Context>, stageContext: StageContext): Context;
  /** Ends the commands that have begun and whose end is not in the journal. Called before a stage ends that did not succeed. */
  endCommands(): Promise<void>;
  describeFailure(step: Step<Context>, stage: StepStage, error: unknown): Failure;
  /** Called before an upgrade is held because an undo failed; `createContext` makes the context of its work. */
  beforeHold(createContext: (step: Step<Context>) => Context): Promise<void>;
  describeFinish(end: { status: FinalStatus; hold: EventOf<'finish'>['hold'] }): Promise<EventBody>;
  /** Called first when a disk is full. */
  makeRoom(): void;
  /** Writes the rollback marker for the next agent, because the journal cannot be written. Never throws. */
  writeRollbackMarker(verdict: Verdict | null): Promise<void>;
  /** Called before the last event, for undo work that had to wait for the state folder. May be called again. */
  beforeFinish(progress: Progress): Promise<void>;
}

/**
 * Runs the upgrade of this journal to its end, from its present progress. Where the journal cannot be written it rolls
 * back. Rejects when `shutdown` aborts, and when nothing more can be done for now. Call it again until it resolves.
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
      if (action.hold === 'undo-failed') await run.beforeHold((step) => createHoldContext(run, step, progress));
      await journal.sync();
      await run.beforeFinish(progress);
      journal.append(await run.describeFinish(action));
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

/** Adds a line to the result. A resumed step does not repeat a line that it has written since its beginning. */
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
  const flushJournal = () => (stage === 'undo' ? flushUndo(run, progress) : journal.sync());
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
      await run.endCommands();
      journal.append({ ...ending, status: 'cancelled' });
      return;
    }
    // This error does not mean that the undo fails: it must not hold the tenant for an operator.
    if (stage === 'undo' && isOutOfResources(error)) throw error;
    await run.endCommands();
    const failure = run.describeFailure(step, stage, error);
    const failuresBefore = progress.undoFailures.get(step.name) ?? 0;
    if (stage === 'undo') await clock.wait(undoPauseMs * (failuresBefore + 1), shutdown);
    journal.append({ ...ending, status: 'failed', failure });
  } finally {
    cancelling.close();
  }
}

/** In a rollback the tenant comes first: the next agent finds the marker where the journal cannot be written. */
function flushUndo<Context>(run: PipelineRun<Context>, progress: Progress): Promise<void> {
  return run.journal.sync().catch(() => run.writeRollbackMarker(progress.verdict));
}

/** Each hold of an upgrade has attempts of its own. */
function createHoldContext<Context>(run: PipelineRun<Context>, step: Step<Context>, progress: Progress): Context {
  const holds = run.journal.events.filter(({ type }) => type === 'finish').length;
  return run.createContext(step, {
    stage: 'undo',
    attempt: holdAttempts + holds,
    cancel: new AbortController().signal,
    progress,
    flushJournal: () => flushUndo(run, progress),
  });
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

/** A cancel arrives as an event of the journal; this turns one that stops this stage into a signal. */
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
