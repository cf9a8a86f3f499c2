// Drives an upgrade: asks what comes next, writes that down, does it, writes down how it ended. Recovery is this too.
import type { Clock } from '../../shared/os/clock.js';
import type { StepStage, EventBody, EventOf, Verdict } from '../../shared/model/events.js';
import type { Failure } from '../../shared/model/result.js';
import { isDiskError, isOutOfResources } from '../command/os_errors.js';
import type { Journal } from '../store/journal.js';
import { isCancellable, next, type FinalStatus } from './next.js';
import { foldProgress, type Progress } from '../../shared/model/progress.js';
import type { Step } from './step.js';

/** A failed undo is tried again after this long, and after twice as long. */
const undoPauseMs = 500;

export interface StageContext {
  stage: StepStage;
  /** 1 for the first time that this is begun; going on after a restart is not a new one. */
  attempt: number;
  /** Aborts when a cancel of the upgrade stops what is being done. */
  cancel: AbortSignal;
  progress: Progress;
  /**
   * Returns once what was announced may be done. Forward that is when the records are on the disk, and it throws where
   * they cannot be. Back the tenant comes first: records that cannot be written are held.
   */
  flushJournal: () => Promise<void>;
}

export interface PipelineRun<Context> {
  pipeline: readonly Step<Context>[];
  journal: Journal;
  /** The tenant's `on_failure: stay`. */
  stay: boolean;
  clock: Clock;
  /** The agent goes: leave everything as it is, for the next one to go on with. */
  shutdown: AbortSignal;
  createContext(step: Step<Context>, doing: StageContext): Context;
  describeFailure(step: Step<Context>, error: unknown): Failure;
  describeFinish(end: { status: FinalStatus; hold: EventOf<'finish'>['hold'] }): EventBody;
  /** Called when a disk is full, before anything else is tried. */
  makeRoom(): void;
  /** Leaves word of the turn elsewhere, for an agent after this one: the journal cannot be written. Never throws. */
  writeRollbackMarker(verdict: Verdict | null): Promise<void>;
  /** Called before the last record: what undoing left for when the state folder can be written. May be called again. */
  beforeFinish(progress: Progress): Promise<void>;
}

/**
 * Carries the upgrade of this journal to its end, from wherever it stands. Where the journal cannot be written it turns
 * back. Rejects when `leave` aborts, and when all that can be done for now is done: to be called again until it resolves.
 */
export async function runPipeline<Context>(drive: PipelineRun<Context>): Promise<void> {
  const { pipeline, journal, stay, shutdown } = drive;
  for (;;) {
    shutdown.throwIfAborted();
    const progress = foldProgress(journal.events);
    if (progress.finish !== null) return journal.sync();
    const action = next(pipeline, progress, { stay });
    if (action.do === 'finish') {
      if (progress.begun.size === 0 && action.status !== 'success') sayOnce(journal, 'Nothing was stopped or changed');
      await journal.sync();
      await drive.beforeFinish(progress);
      journal.append(drive.describeFinish(action));
      continue;
    }
    if (progress.current === null) {
      journal.append({ type: 'step-begin', step: action.step.name, stage: action.do });
    }
    if (action.do === 'run') sayOnce(journal, action.step.messages?.begin);
    await perform(drive, action, progress);
  }
}

/** A line of the result. What is gone on with says nothing twice: lines since the step was begun are not repeated. */
export function sayOnce(journal: Journal, text: string | undefined): void {
  const begun = journal.events.findLastIndex((event) => event.type === 'step-begin');
  const isSaid = journal.events.slice(Math.max(0, begun)).some((event) => event.type === 'line' && event.text === text);
  if (text !== undefined && !isSaid) journal.append({ type: 'line', text });
}

async function perform<Context>(
  drive: PipelineRun<Context>,
  { step, do: stage }: { step: Step<Context>; do: StepStage },
  progress: Progress,
): Promise<void> {
  const { journal, clock, shutdown } = drive;
  const ending = { type: 'step-end', step: step.name, stage } as const;
  const cancelling = watchForCancel(journal, step, stage);
  const flushJournal = () =>
    stage === 'undo' ? journal.sync().catch(() => drive.writeRollbackMarker(progress.verdict)) : journal.sync();
  try {
    await flushJournal();
    const attempt = journal.events.filter(
      (event) => event.type === 'step-begin' && event.step === step.name && event.stage === stage,
    ).length;
    const doing = { stage, attempt, cancel: cancelling.signal, progress, flushJournal };
    const verdict = await callBody(step, stage, drive.createContext(step, doing));
    if (stage === 'run') sayOnce(journal, step.messages?.end);
    journal.append({ ...ending, status: 'ok', ...(verdict === undefined ? {} : { verdict }) });
  } catch (error) {
    shutdown.throwIfAborted();
    if (isDiskError(error)) drive.makeRoom();
    if (cancelling.signal.aborted) {
      journal.append({ ...ending, status: 'cancelled' });
      return;
    }
    // It says nothing about the undo: the tenant must not be left to an operator because of it.
    if (stage === 'undo' && isOutOfResources(error)) throw error;
    const failure = drive.describeFailure(step, error);
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

/** A cancel arrives as a record like all else; this turns the one that counts for the step into a signal. */
function watchForCancel<Context>(journal: Journal, step: Step<Context>, stage: StepStage) {
  const controller = new AbortController();
  const look = () => {
    if (!journal.events.some((event) => event.type === 'cancel')) return;
    if (isCancellable(step, stage, foldProgress(journal.events).cancel)) controller.abort(new Error('cancelled'));
  };
  const close = journal.subscribe(look);
  look();
  return { signal: controller.signal, close };
}
