import {
  chmodSync,
  chownSync,
  copyFileSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { TenantPath } from '../../../../../agent/command/tenant_path.js';
import type { RunCommand } from '../../../../../agent/command/spec.js';
import { nobody } from '../../../../helpers/agent/run_commands.js';
import {
  execute,
  killSession,
  makePersons,
  makeTenant,
  readValues,
  record,
  stamp,
  startSession,
  type TestTenant,
  timeLimitMs,
} from './tenant_database.js';

const restore = ({ database, context, backup }: TestTenant) =>
  database.restore(context, { path: new TenantPath(backup), stamp, timeLimitMs });

/** A tenant with `Ann` and `Bob` in its backup. */
async function makeBackedUp(journalMode: 'wal' | 'delete'): Promise<TestTenant> {
  const tenant = makeTenant();
  makePersons(tenant.file, journalMode);
  await tenant.database.backup(tenant.context, { path: new TenantPath(tenant.backup), record, timeLimitMs });
  return tenant;
}

/** The same, and then a process of the new version wrote `Cid` into the log and was killed. */
async function makeFailed(): Promise<TestTenant> {
  const tenant = await makeBackedUp('wal');
  await killSession(await startSession(tenant.file, "INSERT INTO person (name) VALUES ('Cid')"));
  return tenant;
}

const failed = (tenant: TestTenant) => `${tenant.file}.failed_${stamp}`;

/** What is in the folder besides the backup. */
const listFiles = ({ folder }: TestTenant) =>
  readdirSync(folder)
    .filter((name) => !name.includes('.backup_'))
    .toSorted();

/** The rows of a set of files, read in a copy, because reading changes them. */
function readCopy(tenant: TestTenant, file: string): unknown[] {
  const folder = path.join(tenant.folder, 'copy');
  mkdirSync(folder);
  for (const name of readdirSync(tenant.folder)) {
    if (name.startsWith(path.basename(file))) {
      copyFileSync(path.join(tenant.folder, name), path.join(folder, name));
    }
  }
  const rows = readValues(path.join(folder, path.basename(file)));
  rmSync(folder, { recursive: true });
  return rows;
}

describe('restore of a SQLite database', () => {
  it('gives back exactly the old rows over the log of a killed process', async () => {
    const tenant = await makeFailed();
    expect(statSync(`${tenant.file}-wal`).size).toBeGreaterThan(0);
    await restore(tenant);
    expect(readValues(tenant.file)).toEqual(['Ann', 'Bob']);
  });

  it('keeps what it replaced, with its log', async () => {
    const tenant = await makeFailed();
    await restore(tenant);
    const name = path.basename(failed(tenant));
    expect(listFiles(tenant)).toEqual(['pocket.db', name, `${name}-shm`, `${name}-wal`]);
    expect(readCopy(tenant, failed(tenant))).toEqual(['Ann', 'Bob', 'Cid']);
  });

  it('gives back exactly the old rows over the rollback journal of a killed process', async () => {
    const tenant = await makeBackedUp('delete');
    execute(tenant.file, "INSERT INTO person (name) VALUES ('Cid')");
    const rows = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50)';
    const half = ['PRAGMA cache_size = 1', 'BEGIN', "UPDATE person SET name = 'x'", 'CREATE TABLE big (v)'];
    await killSession(await startSession(tenant.file, ...half, `${rows} INSERT INTO big SELECT zeroblob(9999) FROM n`));
    expect(statSync(`${tenant.file}-journal`).size).toBeGreaterThan(0);
    await restore(tenant);
    expect(readValues(tenant.file)).toEqual(['Ann', 'Bob']);
    expect(readCopy(tenant, failed(tenant))).toEqual(['Ann', 'Bob', 'Cid']);
  });

  it.each(['wal', 'delete'] as const)('keeps owner, mode and the journal mode %s', async (journalMode) => {
    const tenant = makeTenant();
    makePersons(tenant.file, journalMode);
    chmodSync(tenant.file, 0o660);
    await tenant.database.backup(tenant.context, { path: new TenantPath(tenant.backup), record, timeLimitMs });
    execute(tenant.file, "INSERT INTO person (name) VALUES ('Cid')");
    chmodSync(tenant.file, 0o600);
    await restore(tenant);
    const { uid, gid, mode } = statSync(tenant.file);
    expect([uid, gid, mode & 0o777]).toEqual([nobody.uid, nobody.gid, 0o660]);
    expect(readValues(tenant.file, 'PRAGMA journal_mode')).toEqual([journalMode]);
  });

  it('says what it moved where', async () => {
    const tenant = await makeFailed();
    let outputPath = '';
    const run: RunCommand = async (key, spec) => {
      const exit = await tenant.context.run(key, spec);
      outputPath = exit.outputPath;
      return exit;
    };
    await tenant.database.restore(
      { ...tenant.context, run },
      { path: new TenantPath(tenant.backup), stamp, timeLimitMs },
    );
    const moves = ['-wal', '-shm', ''].map((end) => `moved ${tenant.file}${end} aside to ${failed(tenant)}${end}`);
    const text = [`Restored ${tenant.file} from ${tenant.backup}`, ...moves].join('; ');
    expect(readFileSync(outputPath, 'utf8')).toBe(`${text}\n`);
  });

  it('moves a symbolic link aside and leaves its target alone', async () => {
    const tenant = await makeBackedUp('wal');
    const target = path.join(tenant.folder, 'target');
    renameSync(tenant.file, target);
    symlinkSync('target', tenant.file);
    const before = readFileSync(target);
    await restore(tenant);
    expect(lstatSync(tenant.file).isFile()).toBe(true);
    expect(lstatSync(failed(tenant)).isSymbolicLink()).toBe(true);
    expect(readFileSync(target).equals(before)).toBe(true);
    expect(readValues(tenant.file)).toEqual(['Ann', 'Bob']);
  });

  it('restores a database that was deleted, though its log is still there', async () => {
    const tenant = await makeFailed();
    rmSync(tenant.file);
    await restore(tenant);
    expect(readValues(tenant.file)).toEqual(['Ann', 'Bob']);
  });

  it.each([
    ['damaged', (backup: string) => writeFileSync(backup, readFileSync(backup).fill(0xff, 4096, 4608))],
    ['cut short', (backup: string) => truncateSync(backup, 4096)],
    ['empty', (backup: string) => truncateSync(backup, 0)],
    ['missing', (backup: string) => rmSync(backup)],
  ])('touches nothing when the backup is %s', async (_state, spoil) => {
    const tenant = await makeFailed();
    spoil(tenant.backup);
    const before = listFiles(tenant);
    await expect(restore(tenant)).rejects.toMatchObject({
      details: { output_tail: expect.stringContaining('nothing was replaced') },
    });
    expect(listFiles(tenant)).toEqual(before);
    expect(readCopy(tenant, tenant.file)).toEqual(['Ann', 'Bob', 'Cid']);
  });

  /** What a run did before it was killed, by hand: the operations of the program in their order. */
  const operations: [string, (tenant: TestTenant) => void][] = [
    ['a part of the copy was written', ({ file }) => writeFileSync(`${file}.restoring_${stamp}`, 'unfinished')],
    ['the copy was complete', ({ file, backup }) => copyFileSync(backup, `${file}.restoring_${stamp}`)],
    ['the log was moved', (tenant) => renameSync(`${tenant.file}-wal`, `${failed(tenant)}-wal`)],
    ['the index of the log was moved', (tenant) => renameSync(`${tenant.file}-shm`, `${failed(tenant)}-shm`)],
    ['the database was moved', (tenant) => renameSync(tenant.file, failed(tenant))],
    ['the copy was in its place', ({ file }) => renameSync(`${file}.restoring_${stamp}`, file)],
  ];

  it.each(operations.map(([title], index) => [title, index] as const))(
    'ends the same when it was killed after %s',
    async (_title, index) => {
      const tenant = await makeFailed();
      for (const [, operate] of operations.slice(0, index + 1)) operate(tenant);
      for (const name of readdirSync(tenant.folder)) {
        chownSync(path.join(tenant.folder, name), nobody.uid, nobody.gid);
      }
      await restore(tenant);
      const name = path.basename(failed(tenant));
      expect(listFiles(tenant)).toEqual(['pocket.db', name, `${name}-shm`, `${name}-wal`]);
      expect(readCopy(tenant, failed(tenant))).toEqual(['Ann', 'Bob', 'Cid']);
      expect(readValues(tenant.file)).toEqual(['Ann', 'Bob']);
    },
  );

  it('overwrites nothing when files of the names that it wants are there', async () => {
    const tenant = await makeFailed();
    writeFileSync(`${failed(tenant)}-wal`, 'precious');
    await restore(tenant);
    expect(readFileSync(`${failed(tenant)}-wal`, 'utf8')).toBe('precious');
    expect(readCopy(tenant, `${failed(tenant)}_2`)).toEqual(['Ann', 'Bob', 'Cid']);
  });
});
