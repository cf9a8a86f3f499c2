// The controller's SQLite database. It commits concurrent writes together, so that one sync serves all of them.
import { DatabaseSync, type DatabaseSyncInstance, type StatementSyncInstance } from '@photostructure/sqlite';
import { AppError } from '../../../shared/errors.js';
import { migrateSchema } from './schema_migrations.js';

type Value = string | number | null;
type Row = Record<string, unknown>;

/** SQL with `?` for values; the latest ones are kept prepared. */
export interface Sql {
  run(sql: string, values?: readonly Value[]): void;
  get(sql: string, values?: readonly Value[]): Row | undefined;
  all(sql: string, values?: readonly Value[]): Row[];
  /** Wakes who waits for `key` once this transaction is durable; a transaction that fails wakes nobody. */
  notify(key: string): void;
}

export interface StoreDatabase {
  /** Reads committed data. */
  readonly read: Sql;
  /**
   * Runs `work` in the next transaction, together with all other writes until then. Resolves when the transaction is
   * durable. `work` may run twice: if one write fails, each gets a transaction of its own. Throws AppError `disk-full`,
   * `io`, or what `work` threw. Those with `last` run after all others of their transaction, and see what these wrote.
   */
  write<T>(work: (sql: Sql) => T, options?: { last?: boolean }): Promise<T>;
  /** Resolves when all writes so far have been committed or have failed. */
  flushed(): Promise<void>;
  close(): Promise<void>;
}

interface Job {
  /** Runs the work; returns a callback for after the commit. */
  work: (sql: Sql) => () => void;
  reject: (error: unknown) => void;
  isLast: boolean;
}

const sqliteFull = 13;
/** How many statements are kept prepared. */
const maxStatements = 300;
/** A commit waits as long as the previous one took, but at most this long: other work needs the event loop. */
const maxPauseMs = 20;

/**
 * Opens or makes the database at `file`; `notify` is called with what the writes of a commit notify of, after it. Throws
 * AppError `config` for one that a newer version has written.
 */
// oxlint-disable-next-line max-lines-per-function -- a factory: its closures are the methods
export function openStoreDatabase(file: string, notify: (key: string) => void = () => undefined): StoreDatabase {
  const connection = new DatabaseSync(file, { timeout: 5000 });
  connection.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON');
  const notified = new Set<string>();
  const sql = createSql(connection, notified);
  migrateSchema({ connection, file });
  let jobs: Job[] = [];
  let flush: Promise<void> | null = null;
  let committedAtMs = 0;
  let tookMs = 0;
  let isClosed = false;

  function commit(batch: readonly Job[]): void {
    const done: (() => void)[] = [];
    notified.clear();
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
    for (const settle of done) settle();
    for (const key of notified) notify(key);
  }

  function write<T>(work: (sql: Sql) => T, { last: isLast = false }: { last?: boolean } = {}): Promise<T> {
    if (isClosed) return Promise.reject(new AppError('io', 'the store is closed'));
    flush ??= new Promise((resolve) => {
      const commitJobs = () => {
        // Also where each gets a transaction of its own, the last ones come last.
        const batch = [...jobs.filter(({ isLast }) => !isLast), ...jobs.filter(({ isLast }) => isLast)];
        jobs = [];
        flush = null;
        const sinceMs = performance.now();
        commit(batch);
        committedAtMs = performance.now();
        tookMs = committedAtMs - sinceMs;
        resolve();
      };
      const pauseMs = Math.min(tookMs, maxPauseMs) - (performance.now() - committedAtMs);
      // setImmediate runs after the socket reads of this event loop turn, so their writes join the commit.
      if (pauseMs < 1) setImmediate(commitJobs);
      else setTimeout(commitJobs, pauseMs);
    });
    return new Promise<T>((resolve, reject) => {
      const settleAfter = (sql: Sql) => {
        const value = work(sql);
        return () => resolve(value);
      };
      jobs.push({ work: settleAfter, reject, isLast });
    });
  }

  return {
    read: sql,
    write,
    flushed: async () => flush ?? undefined,
    async close() {
      isClosed = true;
      await flush;
      try {
        // The library keeps its statements open until garbage collection, so SQLite makes no checkpoint when it closes.
        // Without a checkpoint, a copy of the file alone would lack the last writes.
        connection.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      } catch {
        // The writes stay in the WAL file. The next open reads them there.
      }
      connection.close();
    },
  };
}

function createSql(connection: DatabaseSyncInstance, notified: Set<string>): Sql {
  const statements = new Map<string, StatementSyncInstance>();
  const prepare = (sql: string) => {
    const statement = statements.get(sql) ?? connection.prepare(sql);
    // The latest last. A selection is SQL of its own, and there is no end of selections.
    statements.delete(sql);
    statements.set(sql, statement);
    const [oldest] = statements.keys();
    if (statements.size > maxStatements && oldest !== undefined) statements.delete(oldest);
    return statement;
  };
  return {
    run: (sql, values = []) => void prepare(sql).run(...values.map(showNul)),
    get: (sql, values = []) => prepare(sql).get(...values.map(showNul)),
    all: (sql, values = []) => prepare(sql).all(...values.map(showNul)),
    notify: (key) => void notified.add(key),
  };
}

/** SQLite ends a text at a NUL: a name would become another one. */
function showNul(value: Value): Value {
  return typeof value === 'string' && value.includes('\u0000') ? value.replaceAll('\u0000', '\u2400') : value;
}

function explainError(error: unknown, file: string): unknown {
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0;
  if (code === sqliteFull) {
    return new AppError('disk-full', `the disk of ${file} is full; the write was not stored`, {
      cause: error,
      hint: 'Free space on that disk; hosts keep their streams until the controller can store them.',
    });
  }
  return error;
}
