// What a command is, before it runs and after: the vocabulary of everything that starts a process for a tenant.
import type { PlannedHook } from '../../shared/model/plan.js';

export interface User {
  name: string;
  uid: number;
  gid: number;
  home: string;
}

export interface CommandSpec {
  /** For people: `post-pull v0.4.0.sh`, `git checkout`. */
  title: string;
  argv: readonly [string, ...string[]];
  user: User;
  cwd: string;
  /** The whole environment; nothing is inherited. */
  env: Readonly<Record<string, string>>;
  timeLimitMs: number;
  /** A file of the agent's own to read standard input from; /dev/null without it. */
  stdin?: string;
  /** Its output is data for the agent and no part of the stream. */
  quiet?: boolean;
  /** Processes that it leaves behind are the point of it (it starts a service) and are left alone. */
  keepsChildren?: boolean;
  /** What it leaves is on the disk before it counts as ended: what it prints and, of some folders, all that was written. */
  durable?: Durable;
  /** Exit codes besides 0 that are no failure. */
  acceptExits?: readonly number[];
  hook?: Pick<PlannedHook, 'tag' | 'phase' | 'file' | 'sha256'>;
  migration?: string;
}

export interface Durable {
  /** The file systems of these folders are synced, and the command fails when that does. */
  folders: readonly string[];
  /** Opens the folders, whoever runs the command: what they are by then may not be for root to open. */
  user: User;
}

export interface CommandExit {
  /** Null when a signal ended it. */
  code: number | null;
  signal: string | null;
  ms: number;
  /** Standard output and standard error, in the order written. */
  outputPath: string;
}

/**
 * Starts a command, adopts it if it runs, or returns its recorded exit; so a body that calls this may be called again.
 * `key` is unique within the step. Throws AppError `command-failed`, `command-lost`, `time-limit`, `output-limit` or
 * `cancelled`, each with `details.output_tail`.
 */
export type RunCommand = (key: string, spec: CommandSpec) => Promise<CommandExit>;

/** What a probe printed. */
export interface ProbeResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** A short read-only command for the plan: not journalled, not adopted, killed at its limit. */
export type RunProbe = (spec: {
  argv: readonly [string, ...string[]];
  user: User;
  cwd: string;
  env?: Readonly<Record<string, string>>;
  timeLimitMs?: number;
}) => Promise<ProbeResult>;
