// The types of a command, before and after it runs, shared by all code that starts a process for a tenant.
import type { PlannedHook } from '../../shared/model/plan/plan.js';
import type { Environment, Word } from './tenant_path.js';

export interface User {
  name: string;
  uid: number;
  gid: number;
  home: string;
  /**
   * The right to gain rights, by set-user-id programs such as sudo: kept only where the host's file says so or names
   * the account for a command. Root keeps it always.
   */
  privileges?: 'keep';
}

/** What a command may take of the host. */
export interface UnitLimits {
  /** Processes and threads. */
  tasks: number;
  /** Bytes, or a part of the host's memory. */
  memory: number | { percent: number } | 'unlimited';
  /** Its share of the processor where others want it too; 100 is that of a service without one. */
  cpu_weight: number;
}

/** The unit that a command of a tenant's code runs in, where systemd launches commands. */
export interface CommandUnit {
  tenant: string;
  limits: UnitLimits;
}

export interface CommandSpec {
  /** Shown to operators: `post-pull v0.4.0.sh`, `git checkout`. */
  title: string;
  argv: readonly [Word, ...Word[]];
  user: User;
  cwd: Word;
  /** The whole environment; nothing is inherited. */
  env: Environment;
  timeLimitMs: number;
  /** A file of the agent that becomes standard input; /dev/null without it. */
  stdin?: string;
  /**
   * To be said of a command that runs the tenant's code: a hook, a migration, a build, what the operator configured. Git
   * and the agent's own programs have none.
   */
  unit?: CommandUnit;
  /** True when its output is data for the agent and not part of the stream. */
  quiet?: boolean;
  /** True when the processes that it leaves running are services; they are not killed. */
  keepsChildren?: boolean;
  /** Asked at the time limit: true leaves the command running, because the services are up. Never throws. */
  isKeptAtTimeLimit?: () => Promise<boolean>;
  /** Syncs its output, and the file systems of some folders, before it counts as ended. */
  durable?: Durable;
  /** Exit codes besides 0 that are not failures. */
  acceptExits?: readonly number[];
  hook?: Pick<PlannedHook, 'tag' | 'phase' | 'file' | 'sha256'>;
  migration?: string;
}

export interface Durable {
  /** The file systems of these folders are synced, and the command fails when that does. */
  folders: readonly Word[];
  /** The user that opens the folders. By then a tenant may have replaced them, so root must not open them. */
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
 * Starts a command, adopts it if it runs, or returns its recorded exit. So a body that uses it may be called again.
 * `key` is unique within the step. Throws AppError `command-failed`, `command-lost`, `time-limit`, `output-limit` or
 * `cancelled`, each with `details.output_tail`.
 */
export type RunCommand = (key: string, spec: CommandSpec) => Promise<CommandExit>;

/** What a probe printed. Bytes that are no UTF-8 come back as they were (`shared/os/byte_text.ts`), also in `stdin`. */
export interface ProbeResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** A short read-only command for the plan: not journalled, not adopted, killed at its limit. */
export type RunProbe = (spec: {
  argv: readonly [Word, ...Word[]];
  user: User;
  cwd: Word;
  env?: Environment;
  /** The text of standard input; none without it. */
  stdin?: string;
  timeLimitMs?: number;
  /** At the time limit: a result with what was printed until then, and exit code 124, in place of an error. */
  keepsPrinted?: boolean;
}) => Promise<ProbeResult>;
