// The controller's SQLite database: writes are gathered and committed together, so that one sync serves all of them.
import { DatabaseSync, type DatabaseSyncInstance, type StatementSyncInstance } from '@photostructure/sqlite';
import { AppError } from '../../../shared/errors.js';
import { migrateSchema } from './schema_migrations.js';

type Value = string | number | null;
type Row = Record<string, unknown>;

/** SQL with `?` for values; statements are prepared once. */
export interface Sql {
  run(sql: string, values?: readonly Value[]): void;
  get(sql: string, values?: readonly Value[]): Row | undefined;
  all(sql: string, values?: readonly Value[]): Row[];
}

export interface StoreDatabase {
  /** What is committed, now. */
  readonly read: Sql;
  /**
   * Does `work` in the next transaction, together with what others want written by then; resolves once all of it would
   * survive a power cut. `work` may be called twice: where one of them fails, each gets a transaction of its own.
   * Throws AppError `disk-full`, `io`, or what `work` threw.
   */
  write<T>(work: (sql: Sql) => T): Promise<T>;
  /** Resolves when everything that was asked for so far has been written, or could not be. */
  flushed(): Promise<void>;
  close(): Promise<void>;
}

interface Job {
  /** Does the work; what it returns tells of it once it is committed. */
  work: (sql: Sql) => () => void;
  reject: (error: unknown) => void;
}

const sqliteFull = 13;
/** A commit waits as long as the one before it took, but no longer than this: the store is never all that is done. */
const maxPauseMs = 20;

/** Opens or makes the database at `file`. Throws AppError `config` for one that a newer version has written. */
// oxlint-disable-next-line max-lines-per-function -- a factory: its closures are the methods
export function openStoreDatabase(file: string): StoreDatabase {
  const connection = new DatabaseSync(file, { timeout: 5000 });
  connection.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON');
  const sql = createSql(connection);
  migrateSchema({ connection, file });
  let jobs: Job[] = [];
  let flush: Promise<void> | null = null;
  let committedAtMs = 0;
  let tookMs = 0;

  function commit(batch: readonly Job[]): void {
    const done: (() => void)[] = [];
    try {
      connection.exec('BEGIN IMMEDIATE');
      for (const job of batch) done.push(job.work(sql));
      connection.exec('COMMIT');
    } catch (error) {
      if (connection.isTransaction) connection.exec('ROLLBACK');
      const [only, ...others] = batch;
      if (others.length > 0) for (const job of batch) commit([job]);
      else only?.reject(explainError(error, file));
      return;
    }
    for (const tell of done) tell();
  }

  function write<T>(work: (sql: Sql) => T): Promise<T> {
    flush ??= new Promise((resolve) => {
      const commitJobs = () => {
        const batch = jobs;
        jobs = [];
        flush = null;
        const sinceMs = performance.now();
        commit(batch);
        committedAtMs = performance.now();
        tookMs = committedAtMs - sinceMs;
        resolve();
      };
      const pauseMs = Math.min(tookMs, maxPauseMs) - (performance.now() - committedAtMs);
      // At the earliest after all that is ready to be read from sockets in this turn of the event loop.
      if (pauseMs < 1) setImmediate(commitJobs);
      else setTimeout(commitJobs, pauseMs);
    });
    return new Promise<T>((resolve, reject) => {
      const tellAfter = (sql: Sql) => {
        const value = work(sql);
        return () => resolve(value);
      };
      jobs.push({ work: tellAfter, reject });
    });
  }

  return {
    read: sql,
    write,
    flushed: async () => flush ?? undefined,
    async close() {
      await flush;
      try {
        // The library holds its statements, and with them the files, until they are collected: SQLite does not tidy up by
        // itself, and a copy of the file alone would lack what was written last.
        connection.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      } catch {
        // It stays in the log beside the file, where the next one to open it finds it.
      }
      connection.close();
    },
  };
}

function createSql(connection: DatabaseSyncInstance): Sql {
  const statements = new Map<string, StatementSyncInstance>();
  const prepare = (sql: string) => {
    const known = statements.get(sql);
    if (known !== undefined) return known;
    const statement = connection.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };
  return {
    run: (sql, values = []) => void prepare(sql).run(...values),
    get: (sql, values = []) => prepare(sql).get(...values),
    all: (sql, values = []) => prepare(sql).all(...values),
  };
}

function explainError(error: unknown, file: string): unknown {
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0;
  if (code === sqliteFull) {
    return new AppError('disk-full', `the disk of ${file} is full; nothing was taken on`, {
      cause: error,
      hint: 'Free some room there; what hosts have to tell waits with them meanwhile.',
    });
  }
  return error;
}
