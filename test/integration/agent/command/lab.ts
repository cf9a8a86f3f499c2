// Commands run by the plain launcher in a fresh folder, with limits short enough for tests.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Launcher } from '../../../../agent/command/launcher.js';
import { executeCommand, type Execution, type Outcome } from '../../../../agent/command/execute.js';
import type { CommandSpec, User } from '../../../../agent/command/spec.js';
import { currentUser } from '../../../../agent/command/user.js';
import { systemClock } from '../../../../shared/os/clock.js';
import { openLauncher } from '../../../helpers/agent/in_process_host.js';
import { findProcesses } from '../../../helpers/agent/host_processes.js';

const searchPath = '/usr/local/bin:/usr/bin:/bin';

export interface Lab {
  folder: string;
  /** Where commands run; theirs to write to. */
  cwd: string;
  /** The run folder. */
  run: string;
  /** What a test may change: pass on to `executeCommand`. */
  execution(script: string | CommandSpec['argv'], over?: Partial<CommandSpec>): Execution;
  /** Runs a shell script, or an argv, to its end. */
  execute(script: string | CommandSpec['argv'], over?: Partial<CommandSpec>): Promise<Outcome>;
  output(): string;
  /** A path in `cwd`. */
  place(name: string): string;
  /** The command lines of all that runs with this lab's cookie, the supervisor apart: it ends just after its command. */
  processes(): string[];
  /** Ends all that this launcher reaches. */
  endAll(launcher: Launcher): Promise<void>;
  /** Removes the folder. Throws when something of a command was left running. */
  remove(): Promise<void>;
}

export function makeLab(user: User = currentUser()): Lab {
  const folder = mkdtempSync(path.join(tmpdir(), 'drover-command-'));
  chmodSync(folder, 0o755);
  const [cwd, run] = [path.join(folder, 'cwd'), path.join(folder, 'run')];
  mkdirSync(cwd);
  execFileSync('chown', [`${user.uid}:${user.gid}`, cwd]);
  const place = (name: string) => path.join(cwd, name);
  const label = path.basename(folder);
  const execution: Lab['execution'] = (script, over = {}) => ({
    folder: run,
    label,
    spec: {
      title: 'test',
      argv: typeof script === 'string' ? ['sh', '-c', script] : script,
      user,
      cwd,
      env: { PATH: searchPath },
      timeLimitMs: 60_000,
      unit: { tenant: 'testsite', limits: { tasks: 1000, memory: 'unlimited', cpu_weight: 100 } },
      ...over,
    },
    launcher: openLauncher(),
    clock: systemClock,
    graceMs: 50,
    cancel: new AbortController().signal,
    shutdown: new AbortController().signal,
  });
  const processes = () =>
    findProcesses(`DROVER_COMMAND=${label}/`)
      .map(({ command }) => command)
      .filter((command) => !command.includes('drover-supervisor'));
  return {
    folder,
    cwd,
    run,
    place,
    processes,
    execution,
    execute: (script, over) => executeCommand(execution(script, over)),
    output: () => readFileSync(path.join(run, 'output'), 'utf8'),
    async endAll(launcher) {
      for (const limitMs = performance.now() + 10_000; performance.now() < limitMs; await sleep(20)) {
        if ((await launcher.kill(run, { user, signal: 'SIGKILL' })).length === 0) return;
      }
      throw new Error('still running: a command of this lab');
    },
    async remove() {
      const left = processes();
      await rm(folder, { recursive: true, force: true });
      if (left.length > 0) throw new Error(`left running: ${left.join('\n')}`);
    },
  };
}
