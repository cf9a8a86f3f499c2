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
  timeLimitMs: number;
}

interface RestoreOptions {
  path: string;
  /** `20251216_101530`: what is replaced is kept as `<name>.failed_<stamp>`. The same one when run again. */
  stamp: string;
  timeLimitMs: number;
}

export interface Database {
  /** The folder of the backups. */
  readonly folder: string;
  /** The folder where a restore makes its copy; null when a configured command sees to it. */
  readonly restoreFolder: string | null;

  /** For the plan, while the services run: throws AppError `database-unusable` when backups would fail or be damaged. */
  check(readContext: ReadContext): Promise<DatabaseState>;

  /** Where a backup made at `at` goes: never an existing file. To be called once per backup, and remembered. */
  chooseBackupPath(at: Date): Promise<string>;

  /** The processes that have the database open; none for a database that cannot say. */
  findHolders(): Promise<Holder[]>;

  /** Makes a complete backup with its record beside it, or none of that name. May be called again. */
  backup(working: RunContext, options: BackupOptions): Promise<void>;

  /**
   * Puts the database back; the backup stays. May be called again with the same stamp. Nobody may hold the database: a
   * process that closes the old one deletes the log of the new one by its name.
   */
  restore(working: RunContext, options: RestoreOptions): Promise<void>;

  /** A line that changes whenever the data does, or null when unknown. The services are down. May be called again. */
  fingerprint(working: RunContext, timeLimitMs: number): Promise<string | null>;

  /** Deletes these backups with their records; paths not named like backups, or gone already, are left out. */
  discardBackups(readContext: ReadContext, paths: readonly string[]): Promise<void>;
  /** Deletes what restores with these stamps set aside; what is gone is fine. Throws AppError `io`. */
  discardAside(readContext: ReadContext, stamps: readonly string[]): Promise<void>;
}
