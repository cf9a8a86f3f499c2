import { chownSync, copyFileSync, renameSync, statSync, utimesSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { nobody } from '../../../../helpers/agent/run_commands.js';
import {
  execute,
  killSession,
  makePersons,
  makeTenant,
  readValues,
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

describe.each(['wal', 'delete'] as const)('fingerprint of a SQLite database in journal mode %s', (journalMode) => {
  it('is one line, and the same when others only opened, read and closed the database', async () => {
    const tenant = makeTenantWithPersons(journalMode);
    const before = await fingerprint(tenant);
    expect(before).toMatch(/^size=\d+ inode=\d+ mtime_ns=\d+ sha256=[0-9a-f]{64}$/);
    readValues(tenant.file);
    await killSession(await startSession(tenant.file, 'SELECT * FROM person'));
    expect(await fingerprint(tenant)).toBe(before);
  });

  it('changes with one write of the same size, made right after it was taken', async () => {
    const tenant = makeTenantWithPersons(journalMode);
    const before = await fingerprint(tenant);
    const { size } = statSync(tenant.file);
    execute(tenant.file, "UPDATE person SET name = 'Eve' WHERE name = 'Ann'");
    expect(statSync(tenant.file).size).toBe(size);
    expect(await fingerprint(tenant)).not.toBe(before);
  });

  it('changes with a write far from the start of a big database', async () => {
    const tenant = makeTenantWithPersons(journalMode);
    const rows = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)';
    execute(tenant.file, `${rows} INSERT INTO person (name) SELECT zeroblob(4000) FROM n`);
    const before = await fingerprint(tenant);
    execute(tenant.file, 'UPDATE person SET name = randomblob(4000) WHERE id = (SELECT max(id) FROM person)');
    expect(await fingerprint(tenant)).not.toBe(before);
  });

  it('changes with what a killed process had committed', async () => {
    const tenant = makeTenantWithPersons(journalMode);
    const before = await fingerprint(tenant);
    await killSession(await startSession(tenant.file, "UPDATE person SET name = 'Eve' WHERE name = 'Ann'"));
    expect(await fingerprint(tenant)).not.toBe(before);
  });

  it('changes when another file takes the place of the database', async () => {
    const tenant = makeTenantWithPersons(journalMode);
    const time = new Date('2025-01-01T00:00:00Z');
    utimesSync(tenant.file, time, time);
    const before = await fingerprint(tenant);
    copyFileSync(tenant.file, `${tenant.file}.new`);
    chownSync(`${tenant.file}.new`, nobody.uid, nobody.gid);
    utimesSync(`${tenant.file}.new`, time, time);
    renameSync(`${tenant.file}.new`, tenant.file);
    expect(await fingerprint(tenant)).not.toBe(before);
  });
});

describe('fingerprint of a SQLite database', () => {
  it('fails when a reader keeps the log from being brought into the file', async () => {
    const tenant = makeTenantWithPersons('wal');
    await startSession(tenant.file, 'BEGIN', 'SELECT * FROM person');
    execute(tenant.file, "INSERT INTO person (name) VALUES ('Cid')");
    await expect(fingerprint(tenant)).rejects.toMatchObject({
      details: { output_tail: expect.stringContaining('in use') },
    });
  });

  it('is made only when a write would get another time, also where files keep whole seconds', async () => {
    const tenant = makeTenantWithPersons('wal');
    const seconds = Math.floor(Date.now() / 1000);
    utimesSync(tenant.file, seconds, seconds);
    await fingerprint(tenant);
    expect(Date.now()).toBeGreaterThanOrEqual((seconds + 2) * 1000);
  });

  it('fails for a database that is not there', async () => {
    const tenant = makeTenant();
    await expect(fingerprint(tenant)).rejects.toMatchObject({
      details: { output_tail: expect.stringContaining('does not exist') },
    });
  });
});
