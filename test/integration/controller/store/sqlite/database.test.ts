// The SQLite database: what it says is stored is there after the process was killed.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStoreDatabase } from '../../../../../controller/store/sqlite/database/database.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'drover-database-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('the database', () => {
  it('refuses to be opened by an older version', async () => {
    const file = path.join(folder, 'newer.db');
    const database = openStoreDatabase(file);
    await database.write((sql) => sql.run('PRAGMA user_version = 99'));
    await database.close();
    expect(() => openStoreDatabase(file)).toThrow('was written by a newer version of Drover');
  });

  it('lets one failing write fail alone', async () => {
    const database = openStoreDatabase(path.join(folder, 'other.db'));
    const key = (name: string) =>
      database.write((sql) => sql.run(`INSERT INTO keys VALUES ('', ?, '', '', '')`, [name]));
    const outcomes = await Promise.allSettled([key('a'), key('a'), key('b')]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(database.read.all('SELECT key FROM keys ORDER BY key').map(({ key }) => key)).toEqual(['a', 'b']);
    await database.close();
  });

  it('notifies of what a write says once that is stored, and never of a write that fails', async () => {
    const notified: unknown[] = [];
    const database = openStoreDatabase(path.join(folder, 'notified.db'), {
      notify(key) {
        notified.push([key, database.read.all('SELECT key FROM keys ORDER BY key').map((row) => row['key'])]);
      },
    });
    const add = (name: string, told: string) =>
      database.write((sql) => {
        sql.notify(told);
        sql.run(`INSERT INTO keys VALUES ('', ?, '', '', '')`, [name]);
      });
    await Promise.allSettled([add('a', 'first'), add('b', 'first')]);
    expect(notified).toEqual([['first', ['a', 'b']]]);
    await Promise.allSettled([add('c', 'third'), add('a', 'failing')]);
    expect(notified.slice(1)).toEqual([['third', ['a', 'b', 'c']]]);
    await database.close();
  });

  it.each([
    { what: 'in one commit', failing: false },
    { what: 'one by one, after one that fails', failing: true },
  ])('does the last writes of a commit after all others, $what', async ({ failing }) => {
    const database = openStoreDatabase(path.join(folder, 'last.db'));
    const done: string[] = [];
    const write = (name: string, options: { last?: boolean } = {}) =>
      database.write((sql) => {
        sql.run(`INSERT INTO keys VALUES ('', ?, '', '', '')`, [name]);
        done.push(name);
      }, options);
    const outcomes = await Promise.allSettled([
      write('z', { last: true }),
      write('a'),
      ...(failing ? [write('a')] : []),
      write('y', { last: true }),
      write('b'),
    ]);
    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(failing ? 1 : 0);
    // What was rolled back is done again.
    expect(done.slice(failing ? 1 : 0)).toEqual(['a', 'b', 'z', 'y']);
    await database.close();
  });

  it('is whole in its one file once it is closed', async () => {
    const [file, copy] = [path.join(folder, 'closed.db'), path.join(folder, 'copy.db')];
    const database = openStoreDatabase(file);
    await database.write((sql) => sql.run(`INSERT INTO keys VALUES ('', 'a', '', '', '')`));
    await database.close();
    copyFileSync(file, copy);
    const copied = openStoreDatabase(copy);
    expect(copied.read.all('SELECT key FROM keys')).toEqual([{ key: 'a' }]);
    await copied.close();
  });

  it('has everything that it said was stored when its process is killed in the middle', async () => {
    const file = path.join(folder, 'killed.db');
    const program = path.join(import.meta.dirname, '../../../../../dist/test/helpers/controller/store_records.js');
    const child = spawn(process.execPath, [program, file], { stdio: ['ignore', 'pipe', 'inherit'] });
    const said: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      said.push(line);
      if (said.length === 300) child.kill('SIGKILL');
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    expect(said.length).toBeGreaterThanOrEqual(300);
    const database = openStoreDatabase(file);
    const stored = new Set(database.read.all('SELECT key FROM keys').map(({ key }) => key));
    expect(said.filter((key) => !stored.has(key))).toEqual([]);
    await database.close();
  });
});
