// The systemd launcher: each command is a transient unit, with a supervisor as its main process. systemd bounds what it
// takes, and ends what it leaves behind.
import { AppError } from '../../../shared/errors.js';
import type { Clock } from '../../../shared/os/clock.js';
import type { CommandState, Launch, Launcher } from '../launcher.js';
import { sendSignal } from '../process/signal_processes.js';
import {
  isTaken,
  makeRunFolder,
  readExitStatus,
  readStarted,
  readUnit,
  removeProgram,
  runFolder,
  writeRunFile,
  type RunFolder,
} from '../run_folder.js';
import type { CommandUnit } from '../spec.js';
import { abandonCommand, elapsedMsOf, findSupervisors, lookAtBegun } from '../supervisor/begun.js';
import { environmentWith } from '../supervisor/cookie.js';
import { wordsOfSupervisor } from '../supervisor/supervise.js';
import { listProperties, supervisorWords } from './properties.js';
import type { ServiceManager, TransientUnit } from './service_manager.js';
import { matchServicesUnits, nameCommandUnit, nameServicesUnit } from './unit_names.js';
import { writeUnitProgram } from './unit_program.js';

/** So long a unit of this agent may take to begin before systemd is asked about it. */
const startGraceMs = 2000;

export interface SystemdLauncherOptions {
  agentUid: number;
  bootId: string;
  /** Tells the units of this agent from those of another one on this host. */
  stateFolder: string;
  clock: Pick<Clock, 'monotonicMs'>;
  /** Never gives the same twice. */
  makeId: () => string;
  /** Nobody can guess what it gives. */
  makeSecret: () => string;
  manager: ServiceManager;
}

/** What a launcher remembers while its agent lives. */
interface Memory {
  /** When it asked for the unit of a folder, until that has begun. */
  asked: Map<string, number>;
  abandoned: Set<string>;
}

/** A launcher for an agent that is root. All that it launches has a `unit` in its spec. */
export function createSystemdLauncher(options: SystemdLauncherOptions): Launcher {
  const { bootId, clock, manager } = options;
  const memory: Memory = { asked: new Map(), abandoned: new Set() };
  return {
    async launch(launch) {
      const unit = await prepare(options, launch);
      memory.asked.set(launch.folder, clock.monotonicMs());
      try {
        await manager.start(unit, describeUnit(launch));
      } catch (error) {
        if ((await manager.isStopping()) || (await hasBegunDespite(runFolder(launch.folder)))) return;
        memory.asked.delete(launch.folder);
        throw error;
      }
    },

    readState: (folder) => readState(options, memory, folder),

    async kill(folder, { signal }) {
      const run = runFolder(folder);
      const [unit, started] = [await readUnit(run), await readStarted(run)];
      if (unit === null || started === null || started.bootId !== bootId) return [];
      // A stopped supervisor would never write `exit`.
      for (const each of findSupervisors(started, bootId)) sendSignal(each.pid, 'SIGCONT');
      const supervisors = new Set([started.pid, started.second?.pid]);
      const found = (await manager.listProcesses(unit)).filter((pid) => !supervisors.has(pid));
      // One by one: a signal to the unit would also end what writes the exit (`ExecStopPost`). What forks faster than that is
      // ended by systemd, once its supervisor has seen the command end.
      if (signal !== null) for (const pid of found) sendSignal(pid, signal);
      return found;
    },

    async abandon(folder) {
      memory.abandoned.add(folder);
      await abandonCommand(runFolder(folder), bootId);
    },
  };
}

async function readState(
  { bootId, clock, manager }: SystemdLauncherOptions,
  memory: Memory,
  folder: string,
): Promise<CommandState> {
  const run = runFolder(folder);
  const unit = await readUnit(run);
  if (unit === null) return { state: 'absent' };
  const started = await readStarted(run);
  if (started === null) return readUnstarted({ run, unit, manager, nowMs: clock.monotonicMs(), asked: memory.asked });
  memory.asked.delete(folder);
  const { isRunning, status } = await lookAtBegun(run, started, bootId);
  if (status !== null) return { state: 'exited', status };
  const running: CommandState = { state: 'running', elapsedMs: elapsedMsOf(started) };
  if (isRunning) return running;
  if (started.bootId !== bootId || memory.abandoned.has(folder)) return { state: 'lost' };
  // The supervisor was killed, or could not write. systemd ends the rest of the unit, then the exit is written.
  const { isThere: isEnding, hasSucceeded } = await manager.look(unit);
  if (isEnding && !hasSucceeded) return running;
  const late = (await readExitStatus(run)) ?? (hasSucceeded ? 0 : null);
  return late === null ? { state: 'lost' } : { state: 'exited', status: late };
}

interface Unstarted {
  run: RunFolder;
  unit: string;
  manager: ServiceManager;
  nowMs: number;
  asked: Memory['asked'];
}

/** The state of a command that has not said that it began. */
async function readUnstarted({ run, unit, manager, nowMs, asked }: Unstarted): Promise<CommandState> {
  const { folder } = run;
  const askedMs = asked.get(folder);
  const isStarting: CommandState = { state: 'running', elapsedMs: 0 };
  if (askedMs !== undefined && nowMs - askedMs < startGraceMs) return isStarting;
  if ((await manager.look(unit)).isThere) return isStarting;
  const status = await readExitStatus(run);
  if (status !== null) return { state: 'exited', status };
  if (isTaken(run)) return (await readStarted(run)) === null ? { state: 'lost' } : isStarting;
  if (askedMs === undefined) return { state: 'absent' };
  // A system that is going down refuses to start units. The agent ends as well, and the command begins after the boot.
  if (await manager.isStopping()) return isStarting;
  asked.delete(folder);
  throw new AppError('io', `no command could be started in ${folder}`, {
    hint: `The disk may be full, or this host has no free process or memory: journalctl --unit=${unit}`,
  });
}

/** Writes all that the unit needs, and returns its name. May be called again. */
async function prepare(options: SystemdLauncherOptions, launch: Launch): Promise<string> {
  const { agentUid, bootId, stateFolder, makeId, makeSecret, manager } = options;
  const { folder, spec, label, maxOutputBytes } = launch;
  const run = runFolder(folder);
  const environment = environmentWith(`${label}/${makeSecret()}`, spec.env);
  await makeRunFolder(run, { environment, draftId: makeId() });
  const program = writeUnitProgram(wordsOfSupervisor({ folder, spec, maxOutputBytes, bootId }, agentUid));
  await writeRunFile(run.supervisor, program, makeId());
  const known = await readUnit(run);
  if (known !== null) return known;
  const { tenant } = unitOf(launch);
  const isStart = spec.keepsChildren === true;
  // The services of an earlier start have ended, or are left alone: stopping their unit ends nothing.
  if (isStart) await manager.stop(matchServicesUnits(stateFolder, tenant));
  const unit = isStart
    ? nameServicesUnit(stateFolder, { tenant, folder })
    : nameCommandUnit(stateFolder, { folder, label });
  await writeRunFile(run.launcher, `systemd ${unit}\n`, makeId());
  return unit;
}

/**
 * What systemd has not answered it may still do later: without its program a unit begins nothing any more. Whether the command
 * had begun before.
 */
async function hasBegunDespite(run: RunFolder): Promise<boolean> {
  await removeProgram(run);
  return isTaken(run);
}

function describeUnit(launch: Launch): TransientUnit {
  const { folder, spec, graceMs } = launch;
  const { tenant, limits } = unitOf(launch);
  const { supervisor } = runFolder(folder);
  return {
    // systemd writes it into a file: a backslash at its end would take the next line with it.
    description: `drover: ${tenant}: ${spec.title}`.replaceAll(/[\p{C}\s\\]+/gu, ' ').slice(0, 200),
    words: supervisorWords(supervisor),
    properties: listProperties({ supervisor, spec, limits, graceMs }),
  };
}

function unitOf({ spec }: Launch): CommandUnit {
  if (spec.unit === undefined) throw new AppError('internal', `${spec.title}: a command without a unit`);
  return spec.unit;
}
