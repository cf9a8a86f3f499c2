// The port to the program that runs commands. A launcher's commands outlive the agent.
import type { CommandSpec } from './spec.js';

/** The state of a command. */
export type CommandState =
  /** Nothing was ever started in this folder. */
  | { state: 'absent' }
  | { state: 'running'; elapsedMs: number }
  /** `status` as in a shell: 128 + n for signal n. */
  | { state: 'exited'; status: number }
  /** Neither a process nor an exit status. */
  | { state: 'lost' };

export interface Launch {
  folder: string;
  spec: CommandSpec;
  /** Marks the command's processes, also those that leave its session. */
  cookie: string;
}

export interface Launcher {
  /**
   * Starts the command as the user of its spec, and returns before it has begun. It outlives the agent. May be called
   * again, also by another agent: in one folder the command begins only once. `onExit` is called when it may have
   * ended, unless another agent started it. Throws the system's error where the folder cannot be written.
   */
  launch(launch: Launch, onExit: () => void): Promise<void>;
  /**
   * The state of the command of this folder, whichever agent launched it. `exited` and `lost` are final. Changes
   * nothing, and may be called at any time. Throws AppError `io` once when a launched command could not begin; after
   * that the folder is `absent`, and the command may be launched again.
   */
  readState(folder: string): Promise<CommandState>;
  /**
   * Sends a signal (null: none) to all processes of the command that can be found, descendants included, but not to the
   * supervisor. Returns the number of processes; 0 for a command that has not begun or ran in an earlier boot. May be
   * called again. After the command has ended it reaches the processes that the command left running.
   */
  kill(folder: string, options: { cookie: string; signal: 'SIGTERM' | 'SIGKILL' | null }): Promise<number>;
}
