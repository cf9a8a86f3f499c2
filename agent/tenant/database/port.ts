// The port to a tenant's database, whichever kind it is.
import type { Warning } from '../../../shared/model/plan/warning_codes.js';
import type { User } from '../../command/spec.js';
import type { TenantPath } from '../../command/tenant_path.js';
import type { ReadContext, RunContext } from '../site.js';

/** Bytes that will be needed on the file system of a tenant's folder, which `user` can reach. */
export interface DiskNeed {
  folder: TenantPath;
  bytes: number;
  user: User;
}

export interface DatabaseState {
  /** The estimated space for a backup, and for the copy of a restore. */
  needs: DiskNeed[];
  warnings: Warning[];
}

export interface Holder {
  pid: number;
  command: string;
}

export interface BackupOptions {
  /** From `chooseBackupPath`. */
  path: TenantPath;
  /** The tenant's record as JSON, kept beside the backup. */
  record: string;
  /** For each command. */
  timeLimitMs: number;
}

interface RestoreOptions {
  /** Of a complete backup. */
  path: TenantPath;
  /** `20251216_101530`: what is replaced is kept as `<name>.failed_<stamp>`. The same one when run again. */
  stamp: string;
  timeLimitMs: number;
}

/** Those that take a RunContext throw the AppErrors of its commands besides. */
export interface Database {
  /** The folder of the backups: of those of the first file where a database has several. */
  readonly folder: TenantPath;

  /**
   * For the plan, while the services run: throws AppError `database-unusable` when backups would fail or be damaged,
   * and `config` for a command that may not be run. Changes nothing. May be called again.
   */
  check(readContext: ReadContext): Promise<DatabaseState>;

  /**
   * The path of a backup made at `at`: in `folder`, and never an existing file. Makes nothing. Call it once per backup
   * and remember the path: after the backup it returns another one. It names the whole backup; of a database with
   * several files it is the path of the first one's.
   */
  chooseBackupPath(readContext: ReadContext, at: Date): Promise<TenantPath>;

  /** The files of the backup of this path, the path itself first. Their records lie beside them. */
  backupFiles(path: TenantPath): TenantPath[];

  /** Where a restore with this stamp sets aside what it replaces; none for a restore that sets nothing aside. */
  asideFiles(stamp: string): TenantPath[];

  /** True where all files of this backup are there for a restore. */
  hasBackup(readContext: ReadContext, path: TenantPath): Promise<boolean>;

  /** The processes that have the database open; none for a database that cannot say. Changes nothing. */
  findHolders(readContext: ReadContext): Promise<Holder[]>;

  /**
   * Makes a complete backup with its record beside it, both synced to the disk, or leaves no file of that name. Does
   * not change the database. May be called again, also after a call that was killed.
   */
  backup(context: RunContext, options: BackupOptions): Promise<void>;

  /**
   * Restores the database from the backup; the backup stays. May be called again with the same stamp, also after a call
   * that was killed. No process may have the database open: one that closes the old file deletes the new file's log,
   * which has the same name.
   */
  restore(context: RunContext, options: RestoreOptions): Promise<void>;

  /**
   * A line that changes if and only if the data changes; null when unknown. The services are down. May be called again.
   */
  fingerprint(context: RunContext, timeLimitMs: number): Promise<string | null>;

  /**
   * Deletes these files of backups with their records. Paths that are not named like backups are skipped; missing
   * files are no error. May be called again. Throws AppError `io` naming what could not be deleted.
   */
  discardBackups(readContext: ReadContext, paths: readonly TenantPath[]): Promise<void>;
  /**
   * Deletes databases that restores set aside, with the files beside them; others are skipped, and missing files are
   * no error. May be called again. Throws AppError `io`.
   */
  discardAside(readContext: ReadContext, paths: readonly TenantPath[]): Promise<void>;
}
