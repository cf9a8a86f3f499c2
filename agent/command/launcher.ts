// The port between "run this command" and what runs it. A launcher's commands outlive the agent.
import type { CommandSpec } from './spec.js';

/** What became of a command. */
export type CommandState =
  /** Nothing was ever started in this folder. */
  | { state: 'absent' }
  | { state: 'running'; elapsedMs: number }
  /** `status` as a shell has it: 128 + n for signal n. */
  | { state: 'exited'; status: number }
  /** Neither a process nor an exit status. */
  | { state: 'lost' };

export interface Launch {
  folder: string;
  spec: CommandSpec;
  /** Marks the command's processes, wherever they go. */
  cookie: string;
}

export interface Launcher {
  /**
   * Starts the command as the user of its spec, and returns before it has begun. It outlives the agent. May be called
   * again: in one folder the command begins once, whoever calls, also another agent. `onExit` is called when it may have
   * ended; not if another agent started it. Throws the system's error where the folder cannot be written.
   */
  launch(launch: Launch, onExit: () => void): Promise<void>;
  /**
   * What became of the command of this folder, whoever launched it. `exited` and `lost` are final. Changes nothing, and
   * may be called at any time. Throws AppError `io` once, when what was launched could not begin; the folder is `absent`
   * after that, and the command may be launched again.
   */
  readState(folder: string): Promise<CommandState>;
  /**
   * Sends a signal (null: none) to all that can be found of the command, its descendants included, and not to what
   * supervises it; the number of processes that it reached. 0 for a command that has not begun, or ran in an earlier
   * boot. May be called again, also after the command has ended: then it reaches what that left running.
   */
  kill(folder: string, options: { cookie: string; signal: 'SIGTERM' | 'SIGKILL' | null }): Promise<number>;
}
