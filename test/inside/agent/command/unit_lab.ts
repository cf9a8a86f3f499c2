// Commands in units, in a fresh folder, and what systemd says of them.
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { expect, vi } from 'vitest';
import { executeCommand, type Execution, type Outcome } from '../../../../agent/command/execute.js';
import type { CommandState, Launch, Launcher } from '../../../../agent/command/launcher.js';
import { readStarted, runFolder } from '../../../../agent/command/run_folder.js';
import type { CommandSpec, User } from '../../../../agent/command/spec.js';
import { openLaunchers } from '../../../helpers/agent/in_process_host.js';
import { makeLab, type Lab } from '../../../integration/agent/command/lab.js';

export const patience = { timeout: 20_000 };
export const whenLetGo = 'while [ ! -e go ]; do sleep 0.01; done';
/** Says that it is there, and stays until it may go. */
export const untilLetGo = `echo run >>runs; ${whenLetGo}; exit 3`;

export interface UnitLab extends Lab {
  launcher: Launcher;
  launch(script: string, over?: Partial<CommandSpec>): Promise<void>;
  begun(): Promise<unknown>;
  reach(state: CommandState['state'], by?: Launcher): Promise<CommandState>;
  /** The unit that its run folder names. */
  unit(): string;
  /** A property of the unit. */
  show(property: string): string;
  supervisors(): Promise<number[]>;
  kill(signal: 'SIGTERM' | 'SIGKILL' | null, by?: Launcher): Promise<number[]>;
  executeIn(launcher: Launcher, script: string, over?: Partial<Execution>): Promise<Outcome>;
}

export function systemctl(...words: string[]): string {
  return execFileSync('systemctl', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Returns once it is so; throws after a while. */
export async function waitUntil(isSo: () => boolean): Promise<void> {
  await vi.waitFor(() => {
    if (!isSo()) throw new Error(`it never came to this: ${isSo.toString()}`);
  }, patience);
}

/** What of Drover's is loaded, one unit a line. */
export function listUnits(...options: string[]): string {
  return systemctl('list-units', '--all', '--plain', '--no-legend', ...options, 'drover-command-*');
}

export function makeUnitLab(user?: User): UnitLab {
  const lab = makeLab(user);
  const launcher = openLaunchers('systemd');
  const launchOf = (script: string, over: Partial<CommandSpec> = {}): Launch => ({
    maxOutputBytes: 1024 ** 2,
    ...lab.execution(script, over),
  });
  const unit = () => readFileSync(path.join(lab.run, 'launcher'), 'utf8').trim().replace('systemd ', '');
  return {
    ...lab,
    launcher,
    launch: (script, over) => launcher.launch(launchOf(script, over), () => {}),
    begun: () => vi.waitFor(() => statSync(lab.place('runs')), patience),
    reach: (state, by = launcher) =>
      vi.waitFor(async () => {
        const found = await by.readState(lab.run);
        expect(found.state).toBe(state);
        return found;
      }, patience),
    unit,
    show: (property) => systemctl('show', `--property=${property}`, '--value', unit()).trim(),
    async supervisors() {
      const started = await readStarted(runFolder(lab.run));
      return started === null ? [] : [started.pid, ...(started.second === null ? [] : [started.second.pid])];
    },
    kill: (signal, by = launcher) => by.kill(lab.run, { user: lab.execution('').spec.user, signal }),
    executeIn: (by, script, over = {}) => executeCommand({ ...lab.execution(script), ...over, launcher: by }),
  };
}
