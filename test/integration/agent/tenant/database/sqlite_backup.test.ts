import {
  chmodSync,
  existsSync,
  linkSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { describe, expect, it } from 'vitest';
import { TenantPath } from '../../../../../agent/command/tenant_path.js';
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

const backUp = ({ database, context, backup }: TestTenant) =>
  database.backup(context, { path: new TenantPath(backup), record, timeLimitMs });

const oneTransaction = 'BEGIN; INSERT INTO debit VALUES (1); INSERT INTO credit VALUES (1); COMMIT';

/** Writes over the middle of a page that holds rows. */
function damage(file: string): void {
  const bytes = readFileSync(file);
  bytes.fill(0xff, 4096, 4096 + 512);
  writeFileSync(file, bytes);
}

describe('backup of a SQLite database', () => {
  it.each(['wal', 'delete'])('holds whole transactions only while a %s writer is at work', async (journalMode) => {
    const tenant = makeTenant();
    execute(tenant.file, `PRAGMA journal_mode = ${journalMode}`, 'CREATE TABLE debit (n)', 'CREATE TABLE credit (n)');
    await startSession(tenant.file, '--loop', oneTransaction);
    await backUp(tenant);
    const [debits] = readValues(tenant.backup, 'SELECT count(*) FROM debit');
    expect(readValues(tenant.backup, 'SELECT count(*) FROM credit')).toEqual([debits]);
    expect(Number(debits)).toBeGreaterThan(0);
  });

  it('is restored to exactly the rows that it was made of, with a writer at work', async () => {
    const tenant = makeTenant();
    execute(tenant.file, 'PRAGMA journal_mode = wal', 'CREATE TABLE debit (n)', 'CREATE TABLE credit (n)');
    const writer = await startSession(tenant.file, '--loop', oneTransaction);
    await backUp(tenant);
    await killSession(writer);
    const bytes = readFileSync(tenant.backup);
    await tenant.database.restore(tenant.context, { path: new TenantPath(tenant.backup), stamp, timeLimitMs });
    expect(readFileSync(tenant.file).equals(bytes)).toBe(true);
    expect(readFileSync(tenant.backup).equals(bytes)).toBe(true);
  });

  it('holds what is committed in the log of a killed process', async () => {
    const tenant = makeTenant();
    makePersons(tenant.file, 'wal');
    await killSession(await startSession(tenant.file, "INSERT INTO person (name) VALUES ('Cid')"));
    expect(statSync(`${tenant.file}-wal`).size).toBeGreaterThan(0);
    await backUp(tenant);
    expect(readValues(tenant.backup)).toEqual(['Ann', 'Bob', 'Cid']);
  });

  it('holds nothing of a transaction whose process was killed half-way', async () => {
    const tenant = makeTenant();
    makePersons(tenant.file, 'delete');
    const spill = ['PRAGMA cache_size = 1', 'BEGIN', "UPDATE person SET name = 'x'", 'CREATE TABLE big (v)'];
    const rows = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50)';
    await killSession(
      await startSession(tenant.file, ...spill, `${rows} INSERT INTO big SELECT zeroblob(9999) FROM n`),
    );
    expect(statSync(`${tenant.file}-journal`).size).toBeGreaterThan(0);
    await backUp(tenant);
    expect(readValues(tenant.backup)).toEqual(['Ann', 'Bob']);
  });

  it('is a file of its own, with the mode and owner of the database and the record beside it', async () => {
    const tenant = makeTenant();
    makePersons(tenant.file, 'wal');
    chmodSync(tenant.file, 0o660);
    await backUp(tenant);
    const { uid, mode } = statSync(tenant.backup);
    expect([uid, mode & 0o777]).toEqual([nobody.uid, 0o660]);
    expect(readFileSync(`${tenant.backup}.record.json`, 'utf8')).toBe(record);
    expect(readdirSync(tenant.folder).toSorted()).toEqual([
      'pocket.db',
      `pocket.db.backup_${stamp}`,
      `pocket.db.backup_${stamp}.record.json`,
    ]);
  });

  it('keeps a record that is too long for one argument', async () => {
    const tenant = makeTenant();
    makePersons(tenant.file, 'wal');
    const long = JSON.stringify('ä€🐑'.repeat(60_000));
    await tenant.database.backup(tenant.context, { path: new TenantPath(tenant.backup), record: long, timeLimitMs });
    expect(readFileSync(`${tenant.backup}.record.json`, 'utf8')).toBe(long);
  });

  it('never overwrites a file that is there', async () => {
    const tenant = makeTenant();
    makePersons(tenant.file, 'wal');
    writeFileSync(tenant.backup, 'precious');
    await expect(backUp(tenant)).rejects.toMatchObject({
      details: { output_tail: expect.stringContaining('nothing was overwritten') },
    });
    expect(readFileSync(tenant.backup, 'utf8')).toBe('precious');
  });

  it('replaces what a killed run left unfinished', async () => {
    const tenant = makeTenant();
    makePersons(tenant.file, 'wal');
    for (const suffix of ['', '-journal', '-wal']) writeFileSync(`${tenant.backup}.partial${suffix}`, 'unfinished');
    writeFileSync(`${tenant.backup}.record.json`, 'torn');
    await backUp(tenant);
    expect(readValues(tenant.backup)).toEqual(['Ann', 'Bob']);
    expect(readFileSync(`${tenant.backup}.record.json`, 'utf8')).toBe(record);
    expect(readdirSync(tenant.folder).filter((name) => name.includes('.partial'))).toEqual([]);
  });

  it('stays as it is when a run was killed after it was complete', async () => {
    const tenant = makeTenant();
    makePersons(tenant.file, 'wal');
    await backUp(tenant);
    linkSync(tenant.backup, `${tenant.backup}.partial`);
    execute(tenant.file, "INSERT INTO person (name) VALUES ('Cid')");
    await backUp(tenant);
    expect(readValues(tenant.backup)).toEqual(['Ann', 'Bob']);
    expect(existsSync(`${tenant.backup}.partial`)).toBe(false);
  });

  it('is not made of a damaged database', async () => {
    const tenant = makeTenant();
    makePersons(tenant.file, 'delete');
    damage(tenant.file);
    await expect(backUp(tenant)).rejects.toMatchObject({ code: 'command-failed' });
    expect(readdirSync(tenant.folder)).toEqual(['pocket.db']);
  });

  it('is not made through a symbolic link', async () => {
    const tenant = makeTenant();
    makePersons(`${tenant.folder}/elsewhere.db`, 'wal');
    symlinkSync('elsewhere.db', tenant.file);
    await expect(backUp(tenant)).rejects.toMatchObject({ code: 'command-failed' });
    expect(existsSync(tenant.backup)).toBe(false);
  });
});
