// The backup program as a whole process, against the same copy by SQLite's own means.
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { programCommand } from '../../../agent/tenant/database/program_command.js';
import { runProgram } from '../../../deploy/demo/run_program.js';
import { backUpBare } from '../bare_backup.js';
import { measurePairs, timeSeconds } from '../measure.js';
import type { Row } from '../row.js';

const sizeMiB = 200;

export const sqliteBackup: Row = {
  name: 'sqlite-backup',
  what: `backup of a SQLite database of ${sizeMiB} MiB, checked and synced, as a whole process`,
  unit: 's',
  bound: 'ratio',
  limit: 2,
  target: 1.2,
  async measure() {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'drover-bench-'));
    try {
      const file = path.join(folder, 'big.db');
      makeDatabase(file);
      const bare = await backUpBare();
      const take = async (argv: [string, ...string[]], made: string) => {
        const seconds = await timeSeconds(() => runProgram(argv, { cwd: folder }));
        await rm(made);
        return seconds;
      };
      const backup = path.join(folder, 'big.db.backup_20251216_101530');
      const record = path.join(folder, 'bare');
      const figure = async () => {
        const seconds = await take(programCommand('sqlite_backup', [file, backup, '{}']), backup);
        await rm(`${backup}.record.json`, { force: true });
        return seconds;
      };
      const control = () => take(bare.command(file, record), record);
      // The first of each reads from a cold cache.
      await control();
      await figure();
      return { measured: await measurePairs({ pairs: 5, figure, control }), remark: `the control is ${bare.name}` };
    } finally {
      await rm(folder, { recursive: true });
    }
  },
};

function makeDatabase(file: string): void {
  const database = new DatabaseSync(file);
  database.exec(`
    PRAGMA journal_mode = WAL;
    CREATE TABLE notes (id INTEGER PRIMARY KEY, text BLOB NOT NULL);
    WITH RECURSIVE counter(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counter WHERE n < ${sizeMiB * 1024})
    INSERT INTO notes (text) SELECT randomblob(990) FROM counter;
    PRAGMA wal_checkpoint(TRUNCATE);
  `);
  database.close();
}
