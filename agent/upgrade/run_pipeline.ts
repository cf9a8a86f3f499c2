// Drives an upgrade: asks what comes next, writes that down, does it, writes down how it ended. Recovery is this too.
import type { Clock } from '../../shared/os/clock.js';
import type { Activity, EventBody, EventOf, Verdict } from '../../shared/model/events.js';
import type { Failure } from '../../shared/model/result.js';
import { isDiskShortage, isMeansShortage } from '../command/os_errors.js';
import type { Journal } from '../store/journal.js';
import { isCancellable, next, type FinalStatus } from './next.js';
import { foldProgress, type Progress } from '../../shared/model/progress.js';
import type { Row } from './step.js';

/** A failed undo is tried again after this long, and after twice as long. */
const undoPauseMs = 500;

export interface Doing {
  activity: Activity;
  /** 1 for the first time that this is begun; going on after a restart is not a new one. */
  attempt: number;
  /** Aborts when a cancel of the upgrade stops what is being done. */
  cancel: AbortSignal;
  progress: Progress;
  /**
   * Returns once what was announced may be done. Forward that is when the records are on the disk, and it throws where
   * they cannot be. Back the tenant comes first: records that cannot be written are held.
   */
  secure: () => Promise<void>;
}

export interface Drive<Context> {
  pipeline: readonly Row<Context>[];
  journal: Journal;
  /** The tenant's `on_failure: stay`. */
  stay: boolean;
  clock: Clock;
  /** The agent goes: leave everything as it is, for the next one to go on with. */
  leave: AbortSignal;
  createContext(row: Row<Context>, doing: Doing): Context;
  describeFailure(row: Row<Context>, error: unknown): Failure;
  describeFinish(end: { status: FinalStatus; hold: EventOf<'finish'>['hold'] }): EventBody;
  /** Called when a disk is full, before anything else is tried. */
  makeRoom(): void;
  /** Leaves word of the turn elsewhere, for an agent after this one: the journal cannot be written. Never throws. */
  leaveTurnMark(verdict: Verdict | null): Promise<void>;
  /** Called before the last record: what undoing left for when the state folder can be written. May be called again. */
  settle(progress: Progress): Promise<void>;
}

/**
 * Carries the upgrade of this journal to its end, from wherever it stands. Where the journal cannot be written it turns
 * back. Rejects when `leave` aborts, and when all that can be done for now is done: to be called again until it resolves.
 */
export async function driveUpgrade<Context>(drive: Drive<Context>): Promise<void> {
  const { pipeline, journal, stay, leave } = drive;
  for (;;) {
    leave.throwIfAborted();
    const progress = foldProgress(journal.events);
    if (progress.finish !== null) return journal.sync();
    const action = next(pipeline, progress, { stay });
    if (action.do === 'finish') {
      if (progress.begun.size === 0 && action.status !== 'success') sayOnce(journal, 'Nothing was stopped or changed');
      await journal.sync();
      await drive.settle(progress);
      journal.append(drive.describeFinish(action));
      continue;
    }
    if (progress.current === null) {
      journal.append({ type: 'step-begin', step: action.row.name, activity: action.do });
    }
    if (action.do === 'run') sayOnce(journal, action.row.says?.begin);
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
  drive: Drive<Context>,
  { row, do: activity }: { row: Row<Context>; do: Activity },
  progress: Progress,
): Promise<void> {
  const { journal, clock, leave } = drive;
  const ending = { type: 'step-end', step: row.name, activity } as const;
  const cancelling = watchForCancel(journal, row, activity);
  const secure = () =>
    activity === 'undo' ? journal.sync().catch(() => drive.leaveTurnMark(progress.verdict)) : journal.sync();
  try {
    await secure();
    const attempt = journal.events.filter(
      (event) => event.type === 'step-begin' && event.step === row.name && event.activity === activity,
    ).length;
    const doing = { activity, attempt, cancel: cancelling.signal, progress, secure };
    const verdict = await callBody(row, activity, drive.createContext(row, doing));
    if (activity === 'run') sayOnce(journal, row.says?.end);
    journal.append({ ...ending, status: 'ok', ...(verdict === undefined ? {} : { verdict }) });
  } catch (error) {
    leave.throwIfAborted();
    if (isDiskShortage(error)) drive.makeRoom();
    if (cancelling.signal.aborted) {
      journal.append({ ...ending, status: 'cancelled' });
      return;
    }
    // It says nothing about the undo: the tenant must not be left to an operator because of it.
    if (activity === 'undo' && isMeansShortage(error)) throw error;
    const failure = drive.describeFailure(row, error);
    const failuresBefore = progress.undoFailures.get(row.name) ?? 0;
    if (activity === 'undo') await clock.wait(undoPauseMs * (failuresBefore + 1), leave);
    journal.append({ ...ending, status: 'failed', failure });
  } finally {
    cancelling.close();
  }
}

async function callBody<Context>(
  row: Row<Context>,
  activity: Activity,
  context: Context,
): Promise<Verdict | undefined> {
  if (activity === 'prepare') await row.prepare?.(context);
  if (activity === 'run') await row.run(context);
  return activity === 'undo' ? ((await row.undo?.(context)) ?? undefined) : undefined;
}

/** A cancel arrives as a record like all else; this turns the one that counts for the row into a signal. */
function watchForCancel<Context>(journal: Journal, row: Row<Context>, activity: Activity) {
  const controller = new AbortController();
  const look = () => {
    if (!journal.events.some((event) => event.type === 'cancel')) return;
    if (isCancellable(row, activity, foldProgress(journal.events).cancel)) controller.abort(new Error('cancelled'));
  };
  const close = journal.subscribe(look);
  look();
  return { signal: controller.signal, close };
}
