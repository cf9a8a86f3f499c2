// Runs a step's commands with the journal: each is announced before it starts. A repeated call adopts the running
// command or returns the recorded exit.
import { createHash } from 'node:crypto';
import { AppError } from '../../shared/errors.js';
import type { StepStage, EventOf } from '../../shared/model/journal/events.js';
import { agentLimits } from '../limits.js';
import type { Exit, Outcome } from '../command/execute.js';
import type { StepName } from '../../shared/model/step_names.js';
import { explainExit } from '../../shared/os/exit_status.js';
import { excerptCause } from '../command/output/excerpt_cause.js';
import { readOutputTail } from '../command/output/read_output.js';
import { runFolder } from '../command/run_folder.js';
import { isDiskError } from '../command/os_errors.js';
import type { CommandExit, CommandSpec, RunCommand } from '../command/spec.js';
import type { Journal } from '../store/journal.js';
import { hintOfLimits } from './limit_hint.js';
import {
  commandFolder,
  isBegun,
  makeSparePlace,
  ownCommandFolder,
  spareCommandFolder,
  type RunPlaces,
} from '../store/run_folders.js';

/** A command that was lost this often probably brings the host down itself. */
const maxLosses = 5;
const tailLines = 20;
/** How many of the last lines are searched for the cause. */
const searchedLines = 1000;
/** How many pids a warning names. */
const maxNamed = 10;

/** Runs a command to its end: starts it, or adopts the one that runs or has ended in its folder. */
export type Execute = (work: {
  folder: string;
  spec: CommandSpec;
  label: string;
  cancel: AbortSignal;
}) => Promise<Outcome>;

export interface CommandRunner {
  journal: Pick<Journal, 'events' | 'append'>;
  /** Returns once the announced action may begin. */
  flushJournal: () => Promise<void>;
  execute: Execute;
  /** Syncs the output of the command of this run folder. */
  flushOutput: (folder: string) => Promise<void>;
  bootId: string;
  upgradeId: string;
  runs: RunPlaces;
  step: StepName;
  stage: StepStage;
  attempt: number;
  lost: 'again' | 'fail';
  secrets: readonly string[];
  cancel: AbortSignal;
}

/** A key as a file name. A key that had to be changed gets a hash, so that two names never collide. */
function fileName(key: string): string {
  const safe = key.replaceAll(/[^\w.~-]/g, '_').slice(0, 100);
  return safe === key ? key : `${safe}.${createHash('sha256').update(key).digest('hex').slice(0, 8)}`;
}

/** The RunCommand of one step, stage and attempt. */
export function createRunCommand(runner: CommandRunner): RunCommand {
  const { step, stage, attempt } = runner;
  const scope = [step, stage === 'run' ? '' : `.${stage}`, attempt === 1 ? '' : `.${attempt}`].join('');
  return async (key, spec) => {
    for (let losses = 0; ; losses += 1) {
      const name = fileName(`${scope}.${key}${losses === 0 ? '' : `~${losses}`}`);
      const exit = findExit(runner.journal, name) ?? (await runOnce(runner, name, spec));
      const outputPath = runFolder(commandFolder(runner.runs, name)).output;
      if (exit.cause !== 'lost') {
        // After a reboot no process of it is left.
        if (spec.keepsChildren === true && isOfEarlierBoot(runner, name)) continue;
        return toExit(runner, { spec, exit, outputPath });
      }
      if (runner.lost === 'fail' || losses === maxLosses) throw lostError(spec);
    }
  };
}

function findExit(journal: CommandRunner['journal'], key: string): EventOf<'exit'> | null {
  const found = journal.events.find((event) => event.type === 'exit' && event.key === key);
  return found?.type === 'exit' ? found : null;
}

function findAnnouncement(journal: CommandRunner['journal'], key: string): EventOf<'command'> | undefined {
  return journal.events.find((event): event is EventOf<'command'> => event.type === 'command' && event.key === key);
}

/** True for a command that was announced before the host was started last. */
export function isOfEarlierBoot({ journal, bootId }: Pick<CommandRunner, 'journal' | 'bootId'>, key: string): boolean {
  const announced = findAnnouncement(journal, key);
  return announced !== undefined && announced.boot_id !== bootId;
}

/** The end of a command whose end nobody knows. */
export const lost: Outcome = { code: null, signal: null, cause: 'lost', ms: 0, left: [] };

async function runOnce(runner: CommandRunner, key: string, spec: CommandSpec): Promise<Exit> {
  const { journal, flushJournal, step, stage, bootId, cancel } = runner;
  // After a reboot a command without an exit in the journal counts as lost, whatever its run folder holds: it is
  // unknown how much of its work reached the disk.
  const isLost = isOfEarlierBoot(runner, key);
  if (findAnnouncement(journal, key) === undefined) {
    const { title, quiet = false, hook, migration } = spec;
    const what = {
      ...(hook === undefined ? {} : { hook }),
      ...(migration === undefined ? {} : { migration }),
      ...(spec.keepsChildren === true ? { keeps_children: true } : {}),
    };
    journal.append({ type: 'command', key, step, stage, title, boot_id: bootId, quiet, ...what });
  }
  await flushJournal();
  const label = `${runner.upgradeId}/${key}`;
  const { left, ...exit } = isLost ? lost : await executeInPlace(runner, key, { spec, label, cancel });
  if (left.length > 0) journal.append({ type: 'warning', text: describeLeft(spec, left) });
  // Flush before the exit becomes durable: after that the command never runs again.
  if (exit.cause === 'exited' && spec.durable !== undefined) await keepOutput(runner, key);
  journal.append({ type: 'exit', key, ...exit });
  return exit;
}

/** A warning about the processes that a command left behind. */
export function describeLeft({ title, user }: Pick<CommandSpec, 'title' | 'user'>, left: readonly number[]): string {
  const named = left.slice(0, maxNamed).join(', ') + (left.length > maxNamed ? ', …' : '');
  const what = `${title}: processes of ${user.name} that it left behind have not ended`;
  return `${what} within ${agentLimits.leftoverWait.max / 1000} s of SIGKILL (last seen: ${named}); end them by hand`;
}

async function keepOutput({ flushOutput: keep, stage, runs }: CommandRunner, key: string): Promise<void> {
  try {
    await keep(commandFolder(runs, key));
  } catch (error) {
    // A rollback does not wait for the disk of the run folder.
    if (stage !== 'undo' || !isDiskError(error)) throw error;
  }
}

/** Going forward needs the upgrade's own folder. A rollback uses the spare folder where the disk has no room. */
async function executeInPlace(
  { execute, stage, runs }: CommandRunner,
  key: string,
  work: Omit<Parameters<Execute>[0], 'folder'>,
): Promise<Outcome> {
  const begun = commandFolder(runs, key);
  if (stage !== 'undo' || isBegun(begun)) return execute({ ...work, folder: begun });
  try {
    return await execute({ ...work, folder: ownCommandFolder(runs, key) });
  } catch (error) {
    // Where it runs, and only could not be looked at or ended, a second one beside it would undo the same twice.
    const isUnbegun = !isBegun(ownCommandFolder(runs, key));
    const isRefused = isDiskError(error) || (error instanceof AppError && error.code === 'io');
    if (!isUnbegun || !isRefused) throw error;
    await makeSparePlace(runs);
    return execute({ ...work, folder: spareCommandFolder(runs, key) });
  }
}

async function toExit(
  { secrets }: CommandRunner,
  { spec, exit, outputPath }: { spec: CommandSpec; exit: Exit; outputPath: string },
): Promise<CommandExit> {
  const { code, signal, cause, ms } = exit;
  if (cause === 'exited' && code !== null && [0, ...(spec.acceptExits ?? [])].includes(code)) {
    return { code, signal, ms, outputPath };
  }
  const output_tail = await readOutputTail(outputPath, { lines: searchedLines, secrets }).then(
    (end) => excerptCause(end, tailLines),
    () => '',
  );
  const gib = agentLimits.commandOutput.max / 1024 ** 3;
  const details = { exit_code: code, signal, output_tail, hook: spec.hook?.file };
  switch (cause) {
    case 'cancelled':
      throw new AppError('cancelled', `${spec.title}: stopped by a cancel`, { details });
    case 'time-limit':
      throw new AppError('time-limit', `${spec.title}: stopped at its time limit of ${spec.timeLimitMs / 1000} s`, {
        details,
      });
    case 'output-limit':
      throw new AppError('output-limit', `${spec.title}: stopped because it printed more than ${gib} GiB`, { details });
    default: {
      const hint = hintOfLimits({ signal, outputTail: output_tail, unit: spec.unit });
      throw new AppError('command-failed', `${spec.title} - FAILED (${explainExit({ code, signal })})`, {
        details,
        ...(hint === null ? {} : { hint }),
      });
    }
  }
}

function lostError(spec: CommandSpec): AppError {
  return new AppError(
    'command-lost',
    `${spec.title}: lost (the host went down, or its supervisor was killed, and nobody knows how it ended)`,
  );
}
