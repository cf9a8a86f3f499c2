// The port to the program that runs commands. A launcher's commands outlive the agent.
import type { CommandSpec, User } from './spec.js';

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
  /** Names the command in its cookie, for those who look at processes: letters, digits and `/._~-`. */
  label: string;
  /** How much of its output is kept; over it the command blocks until it is ended. */
  maxOutputBytes: number;
  /** Between SIGTERM and SIGKILL, where nobody but the launcher is there to end it. */
  graceMs: number;
}

export interface Launcher {
  /**
   * Starts the command as the user of its spec, and returns before it has begun. It outlives the agent. May be called
   * again, also by another agent: in one folder the command begins only once. `onExit` is called when it may have
   * ended without an `exit` in the folder, unless another agent started it. Throws the system's error where the folder cannot be written.
   *
   * The command has the descriptors 0 to 2 and no other. Its environment carries a cookie that nobody can guess, and
   * that stands on no command line; the run folder keeps it for the next agent. All that it writes before its end is in
   * `output`. It has ended when its own process has, whatever that left behind; from then on that file does not grow,
   * and a process that was left behind can go on writing.
   */
  launch(launch: Launch, onExit: () => void): Promise<void>;
  /**
   * The state of the command of this folder, whichever agent and launcher launched it. `exited` and `lost` are final. Changes
   * nothing, and may be called at any time. Throws AppError `io` once when a launched command could not begin; after
   * that the folder is `absent`, and the command may be launched again.
   */
  readState(folder: string): Promise<CommandState>;
  /**
   * Sends a signal (null: none) to all processes of the command that can be found, descendants included, but not to the
   * supervisor. Returns the pids that it found, some of which may have ended; none for a command that has not begun or
   * ran in an earlier boot. May be called again. After the command has ended it reaches the processes that the command
   * left running, until the launcher itself has ended them. The plain launcher also finds what has left the command's
   * session, by its cookie, if it belongs to `user`, the user of the command's spec.
   */
  kill(folder: string, options: { user: User; signal: 'SIGTERM' | 'SIGKILL' | null }): Promise<number[]>;
  /**
   * Gives up a command that got SIGKILL and does not end: the kernel holds it, or a tracer hides its end. It counts as
   * lost soon, unless it has ended by then. May be called again.
   */
  abandon(folder: string): Promise<void>;
}
