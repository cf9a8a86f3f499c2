import { readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { TenantPath } from '../../../../../agent/command/tenant_path.js';
import {
  execute,
  killSession,
  makePersons,
  makeTenant,
  readValues,
  record,
  startSession,
  type TestTenant,
  timeLimitMs,
} from './tenant_database.js';

const fingerprint = ({ database, context }: TestTenant) => database.fingerprint(context, timeLimitMs);

function makeTenantWithPersons(journalMode: 'wal' | 'delete'): TestTenant {
  const tenant = makeTenant();
  makePersons(tenant.file, journalMode);
  return tenant;
}

/** Beyond what is read row by row. */
function makeLargeTenant(journalMode: 'wal' | 'delete'): TestTenant {
  const tenant = makeTenantWithPersons(journalMode);
  const rows = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4500)';
  execute(tenant.file, `${rows} INSERT INTO person (name) SELECT zeroblob(4000) FROM n`);
  return tenant;
}

const kinds = [
  { size: 'small', journalMode: 'wal', make: makeTenantWithPersons, line: /^rows=[0-9a-f]{64}$/ },
  { size: 'small', journalMode: 'delete', make: makeTenantWithPersons, line: /^rows=[0-9a-f]{64}$/ },
  { size: 'large', journalMode: 'wal', make: makeLargeTenant, line: /^pages=[0-9a-f]{64}$/ },
  { size: 'large', journalMode: 'delete', make: makeLargeTenant, line: /^pages=[0-9a-f]{64}$/ },
] as const;

describe.each(kinds)(
  'fingerprint of a $size SQLite database in journal mode $journalMode',
  ({ journalMode, make, line }) => {
    it('is one line, and the same when others only read it, and wrote what was there', async () => {
      const tenant = make(journalMode);
      const before = await fingerprint(tenant);
      expect(before).toMatch(line);
      readValues(tenant.file, 'SELECT count(*) FROM person');
      await killSession(await startSession(tenant.file, 'SELECT count(*) FROM person'));
      // Raises the counters of the file.
      execute(tenant.file, "UPDATE person SET name = name WHERE name = 'Ann'");
      utimesSync(tenant.file, 1, 1);
      expect(await fingerprint(tenant)).toBe(before);
    });

    it('is the same once the database was backed up and restored, however often', async () => {
      const tenant = make(journalMode);
      const { database, context } = tenant;
      const path = new TenantPath(tenant.backup);
      const before = await fingerprint(tenant);
      await database.backup(context, { path, record, timeLimitMs });
      for (const minute of ['15', '16']) {
        execute(tenant.file, 'DELETE FROM person WHERE id = 1');
        await database.restore(context, { path, stamp: `20251216_10${minute}30`, timeLimitMs });
        expect(await fingerprint(tenant)).toBe(before);
      }
    });

    it('changes with one write of the same size, also far from the start of the file', async () => {
      const tenant = make(journalMode);
      const before = await fingerprint(tenant);
      const { size } = statSync(tenant.file);
      execute(tenant.file, "UPDATE person SET name = 'Eve' WHERE name = 'Ann'");
      const after = await fingerprint(tenant);
      expect(after).not.toBe(before);
      execute(tenant.file, 'UPDATE person SET name = randomblob(length(name)) WHERE id = (SELECT max(id) FROM person)');
      expect(statSync(tenant.file).size).toBe(size);
      expect(await fingerprint(tenant)).not.toBe(after);
    });

    it('changes with what a killed process had committed', async () => {
      const tenant = make(journalMode);
      const before = await fingerprint(tenant);
      await killSession(await startSession(tenant.file, "UPDATE person SET name = 'Eve' WHERE name = 'Ann'"));
      expect(await fingerprint(tenant)).not.toBe(before);
    });
  },
);

describe('fingerprint of a small SQLite database', () => {
  it('is of content, not of where it lies: neither a VACUUM, nor freed pages, nor ANALYZE change it', async () => {
    const tenant = makeTenantWithPersons('wal');
    execute(
      tenant.file,
      'CREATE TABLE no_key (a TEXT)',
      "INSERT INTO no_key VALUES ('x'), ('y')",
      'CREATE INDEX i ON no_key (a)',
    );
    const before = await fingerprint(tenant);
    const rows = 'WITH RECURSIVE n(i) AS (SELECT 3 UNION ALL SELECT i + 1 FROM n WHERE i < 200)';
    execute(
      tenant.file,
      `${rows} INSERT INTO person (name) SELECT zeroblob(4000) FROM n`,
      'DELETE FROM person WHERE id > 2',
    );
    expect(await fingerprint(tenant)).toBe(before);
    execute(tenant.file, 'VACUUM', 'ANALYZE');
    expect(await fingerprint(tenant)).toBe(before);
  });

  it.each([
    ['another type', 'UPDATE person SET name = 1 WHERE id = 1'],
    ['a text with a zero byte', "UPDATE person SET name = 'Ann' || char(0) || 'a' WHERE id = 1"],
    ['NULL', 'UPDATE person SET name = NULL WHERE id = 1'],
    ['another key', 'UPDATE person SET id = 9 WHERE id = 2'],
    ['the last bit of a number', 'UPDATE person SET name = 0.1 + 0.2 WHERE id = 1'],
    ['an empty table', 'CREATE TABLE empty (a)'],
    ['an index', 'CREATE INDEX i ON person (name)'],
    ['the version that apps keep', 'PRAGMA user_version = 7'],
  ])('changes with %s', async (_what, sql) => {
    const tenant = makeTenantWithPersons('wal');
    execute(tenant.file, 'UPDATE person SET name = 0.3 WHERE id = 1');
    const before = await fingerprint(tenant);
    execute(tenant.file, sql);
    expect(await fingerprint(tenant)).not.toBe(before);
  });

  it('is taken of the pages where the rows cannot be read without what only the app has', async () => {
    const tenant = makeTenantWithPersons('wal');
    execute(
      tenant.file,
      'CREATE TABLE odd (a TEXT COLLATE NOCASE PRIMARY KEY, b TEXT AS (upper(a)) STORED) WITHOUT ROWID',
      "INSERT INTO odd VALUES ('x')",
      'CREATE INDEX i ON odd (upper(a))',
    );
    expect(await fingerprint(tenant)).toMatch(/^rows=/);
    writeFileSync(tenant.file, readFileSync(tenant.file, 'latin1').replaceAll('upper', 'ownfn'), 'latin1');
    expect(await fingerprint(tenant)).toMatch(/^rows=/);
    writeFileSync(tenant.file, readFileSync(tenant.file, 'latin1').replaceAll('NOCASE', 'BYNAME'), 'latin1');
    expect(await fingerprint(tenant)).toMatch(/^pages=/);
  });

  it('fails when a reader keeps the log from being brought into the file', async () => {
    const tenant = makeTenantWithPersons('wal');
    await startSession(tenant.file, 'BEGIN', 'SELECT * FROM person');
    execute(tenant.file, "INSERT INTO person (name) VALUES ('Cid')");
    await expect(fingerprint(tenant)).rejects.toMatchObject({
      details: { output_tail: expect.stringContaining('in use') },
    });
  });

  it('fails for a database that is not there', async () => {
    const tenant = makeTenant();
    await expect(fingerprint(tenant)).rejects.toMatchObject({
      details: { output_tail: expect.stringContaining('does not exist') },
    });
  });
});
