// The port between "run this command" and what runs it. A launcher's commands outlive the agent.
import type { CommandSpec } from './spec.js';

export type Sighting =
  /** Nothing was ever started in this folder. */
  | { is: 'absent' }
  | { is: 'running'; elapsedMs: number }
  /** `status` as a shell has it: 128 + n for signal n. */
  | { is: 'exited'; status: number }
  /** Neither a process nor an exit status. */
  | { is: 'lost' };

export interface Launch {
  folder: string;
  spec: CommandSpec;
  /** Marks the command's processes, wherever they go. */
  cookie: string;
}

export interface Launcher {
  /** Starts the command once: a second start in one folder does nothing. `onExit` says that a look is worth while. */
  launch(launch: Launch, onExit: () => void): Promise<void>;
  /** Throws AppError `io` when what was launched could not begin. */
  look(folder: string): Promise<Sighting>;
  /** Sends a signal (null: none) to all that can be found of the command; the number of processes it reached. */
  kill(folder: string, options: { cookie: string; signal: 'SIGTERM' | 'SIGKILL' | null }): Promise<number>;
}
