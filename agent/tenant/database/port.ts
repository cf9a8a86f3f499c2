// The port to a tenant's database: what an upgrade asks of it, whatever it is.
import type { ReadContext, RunContext } from '../site.js';

interface DatabaseState {
  /** About what a backup takes; 0 when unknown. */
  sizeBytes: number;
  warnings: string[];
}

export interface Holder {
  pid: number;
  command: string;
}

interface BackupOptions {
  /** From `chooseBackupPath`. */
  path: string;
  /** The tenant's record as JSON, kept beside the backup. */
  record: string;
  /** For each command. */
  timeLimitMs: number;
}

interface RestoreOptions {
  /** Of a complete backup. */
  path: string;
  /** `20251216_101530`: what is replaced is kept as `<name>.failed_<stamp>`. The same one when run again. */
  stamp: string;
  timeLimitMs: number;
}

/** Those that take a RunContext throw the AppErrors of its commands besides. */
export interface Database {
  /** The folder of the backups. */
  readonly folder: string;
  /** The folder where a restore makes its copy; null when a configured command sees to it. */
  readonly restoreFolder: string | null;

  /**
   * For the plan, while the services run: throws AppError `database-unusable` when backups would fail or be damaged, and
   * `config` for a command that may not be run. Changes nothing. May be called again.
   */
  check(readContext: ReadContext): Promise<DatabaseState>;

  /**
   * Where a backup made at `at` goes: in `folder`, never an existing file. Makes nothing. To be called once per backup,
   * and remembered: called again after the backup it gives another path.
   */
  chooseBackupPath(at: Date): Promise<string>;

  /** The processes that have the database open; none for a database that cannot say. Changes nothing. */
  findHolders(): Promise<Holder[]>;

  /**
   * Makes a complete backup with its record beside it, both on the disk, or none of that name. The database stays as it
   * is. May be called again, also after a call that was killed.
   */
  backup(working: RunContext, options: BackupOptions): Promise<void>;

  /**
   * Puts the database back as it was at the backup; the backup stays. May be called again with the same stamp, also after
   * a call that was killed. Nobody may hold the database: a process that closes the old one deletes the log of the new
   * one by its name.
   */
  restore(working: RunContext, options: RestoreOptions): Promise<void>;

  /**
   * A line that is the same while the data is, and changes whenever the data does; null when unknown. The services are
   * down. May be called again.
   */
  fingerprint(working: RunContext, timeLimitMs: number): Promise<string | null>;

  /**
   * Deletes these backups with their records. Paths that are not named like backups are left alone; what is gone already
   * is no error. May be called again. Throws AppError `io` naming what could not be deleted.
   */
  discardBackups(readContext: ReadContext, paths: readonly string[]): Promise<void>;
  /**
   * Deletes what restores with these stamps set aside; what is gone already is no error. May be called again. Throws
   * AppError `io`.
   */
  discardAside(readContext: ReadContext, stamps: readonly string[]): Promise<void>;
}
