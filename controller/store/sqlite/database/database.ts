// The controller's SQLite database. It commits concurrent writes together, so that one sync serves all of them.
import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import { AppError } from '../../../../shared/errors.js';
import type { AuditEntry } from '../../access.js';
import { migrateSchema } from '../schema_migrations.js';
import { createStatements } from './statements.js';

type Value = string | number | null;
type Row = Record<string, unknown>;

/** SQL with `?` for values; the latest ones are kept prepared. */
export interface Sql {
  run(sql: string, values?: readonly Value[]): void;
  get(sql: string, values?: readonly Value[]): Row | undefined;
  all(sql: string, values?: readonly Value[]): Row[];
  /** Wakes who waits for `key` once this transaction is durable; a transaction that fails wakes nobody. */
  notify(key: string): void;
  /** Tells of an entry of the audit log once this transaction is durable, as above. */
  tell(entry: AuditEntry): void;
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
/** Of the WAL: with less, each large commit would also copy its pages into the file, before anyone is answered. */
const checkpointPages = 4000;
/** A commit waits as long as the previous one took, but at most this long: other work needs the event loop. */
const maxPauseMs = 20;

/** What is told of a commit, after it: the keys that its writes notify of, each once, and its changes. */
export interface CommitListeners {
  notify?: ((key: string) => void) | undefined;
  onChange?: ((entry: AuditEntry) => void) | undefined;
}

/** Opens or makes the database at `file`. Throws AppError `config` for one that a newer version has written. */
// oxlint-disable-next-line max-lines-per-function -- a factory: its closures are the methods
export function openStoreDatabase(file: string, { notify, onChange }: CommitListeners = {}): StoreDatabase {
  const connection = new DatabaseSync(file, { timeout: 5000 });
  connection.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON');
  connection.exec(`PRAGMA wal_autocheckpoint = ${checkpointPages}`);
  const notified = new Set<string>();
  const changes: AuditEntry[] = [];
  const sql = createSql(connection, { notified, changes });
  migrateSchema({ connection, file });
  let jobs: Job[] = [];
  let flush: Promise<void> | null = null;
  let committedAtMs = 0;
  let tookMs = 0;
  let isClosed = false;

  function commit(batch: readonly Job[]): void {
    const done: (() => void)[] = [];
    notified.clear();
    changes.length = 0;
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
    for (const key of notified) notify?.(key);
    for (const entry of changes) onChange?.(entry);
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

function createSql(
  connection: DatabaseSyncInstance,
  { notified, changes }: { notified: Set<string>; changes: AuditEntry[] },
): Sql {
  const prepare = createStatements((sql) => connection.prepare(sql));
  return {
    run: (sql, values = []) => void prepare(sql).run(...showNuls(values)),
    get: (sql, values = []) => prepare(sql).get(...showNuls(values)),
    all: (sql, values = []) => prepare(sql).all(...showNuls(values)),
    notify: (key) => void notified.add(key),
    tell: (entry) => void changes.push(entry),
  };
}

const hasNul = (value: Value) => typeof value === 'string' && value.includes('\u0000');
const showNuls = (values: readonly Value[]) => (values.some(hasNul) ? values.map(showNul) : values);

/** SQLite ends a text at a NUL: a name would become another one. */
function showNul(value: Value): Value {
  return typeof value === 'string' ? value.replaceAll('\u0000', '\u2400') : value;
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
