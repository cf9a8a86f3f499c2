// The plain launcher: a supervised session of its own, found again by pid, start time and boot.
import { readFileSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { execa } from 'execa';
import type { Launcher, Sighting } from '../launcher.js';
import { makeRunFolder, readExitStatus, readStarted, runFolder, type RunFolder } from '../run_folder.js';
import { cookieVariable, findCommandProcesses, findProcess } from './processes.js';
import { superviseCommand } from './supervise.js';

/** The kernel's clock ticks per second (USER_HZ), the unit of start times in /proc. */
const ticksPerSecond = 100;

/** A `started` that stays unfinished this long belongs to a supervisor that was killed while it wrote. */
const startGraceMs = 2000;

/** This boot's id, by which a pid of an earlier boot is told apart. */
export function readBootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

async function sight(run: RunFolder, bootId: string): Promise<Sighting> {
  const started = await readStarted(run);
  if (started === null) return sightUnstarted(run);
  const supervisor = started.bootId === bootId ? findProcess(started.pid) : null;
  // The exit is read after the process was looked for: it writes its exit before it ends.
  const status = await readExitStatus(run);
  if (status !== null) return { is: 'exited', status };
  if (supervisor?.startTime !== started.startTime) return { is: 'lost' };
  const uptimeSeconds = Number.parseFloat(await readFile('/proc/uptime', 'utf8'));
  return { is: 'running', elapsedMs: uptimeSeconds * 1000 - (started.startTime * 1000) / ticksPerSecond };
}

async function sightUnstarted(run: RunFolder): Promise<Sighting> {
  const file = await stat(run.started).catch(() => null);
  if (file === null) return { is: 'absent' };
  const ageMs = Date.now() - file.mtimeMs;
  return Math.abs(ageMs) < startGraceMs ? { is: 'running', elapsedMs: 0 } : { is: 'lost' };
}

/** A launcher for an agent of `agentUid`; as root it runs each command as the user of its spec. */
export function createPlainLauncher({ agentUid, bootId }: { agentUid: number; bootId: string }): Launcher {
  // What this agent saw of its own children; it counts where a full disk kept the supervisor from writing `exit`.
  const seenStatuses = new Map<string, number>();
  return {
    async launch({ folder, spec, cookie }, onExit) {
      const run = runFolder(folder);
      await makeRunFolder(run, { ...spec.env, [cookieVariable]: cookie });
      const [file, ...args] = superviseCommand(folder, spec, agentUid);
      const child = execa(file, args, {
        cwd: '/',
        env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', [cookieVariable]: cookie },
        extendEnv: false,
        detached: true,
        cleanup: false,
        stdio: 'ignore',
        reject: false,
      });
      child.once('exit', (status) => {
        if (status !== null) seenStatuses.set(folder, status);
        onExit();
      });
      child.once('error', onExit);
      child.unref();
    },

    async look(folder) {
      const seen = await sight(runFolder(folder), bootId);
      const status = seenStatuses.get(folder);
      return seen.is === 'lost' && status !== undefined ? { is: 'exited', status } : seen;
    },

    async kill(folder, { cookie, signal }) {
      const started = await readStarted(runFolder(folder));
      if (started === null || started.bootId !== bootId) return 0;
      const { pid: supervisor, startTime } = started;
      const pids = findCommandProcesses({ supervisor, startTime, cookie });
      for (const pid of pids) sendSignal(pid, signal);
      return pids.length;
    },
  };
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    const isGone = error instanceof Error && 'code' in error && error.code === 'ESRCH';
    if (!isGone) throw error;
  }
}
