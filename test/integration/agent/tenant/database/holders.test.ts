import { once } from 'node:events';
import { rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDatabase } from '../../../../../agent/tenant/database/database.js';
import { killSession, makePersons, makeTenant, startSession } from './tenant_database.js';

describe('findHolders', () => {
  it('names the processes that hold the database, by pid and command, until they end', async () => {
    const tenant = makeTenant();
    makePersons(tenant.file, 'wal');
    const sessions = await Promise.all([1, 2].map(() => startSession(tenant.file, 'SELECT 1 FROM person')));
    const holders = await tenant.database.findHolders(tenant.context);
    expect(new Set(holders.map(({ pid }) => pid))).toEqual(new Set(sessions.map(({ pid }) => pid)));
    expect(holders[0]?.command).toContain('session.mjs');
    expect(holders[0]?.command.length).toBeLessThanOrEqual(120);
    await Promise.all(sessions.map(killSession));
    expect(await tenant.database.findHolders(tenant.context)).toEqual([]);
  });

  it('finds a holder through another path to the folder', async () => {
    const tenant = makeTenant();
    makePersons(tenant.file, 'wal');
    const link = path.join(tenant.folder, 'link');
    symlinkSync('.', link);
    const { pid } = await startSession(tenant.file, 'SELECT 1 FROM person');
    const config = { sqlite: 'link/pocket.db', keep: 5, allow_writers: false };
    const database = openDatabase(config, tenant.site);
    expect(await database?.findHolders(tenant.context)).toEqual([expect.objectContaining({ pid })]);
  });

  it('finds a holder of a database that was deleted', async () => {
    const tenant = makeTenant();
    makePersons(tenant.file, 'delete');
    const { pid } = await startSession(tenant.file, 'SELECT 1 FROM person');
    rmSync(tenant.file);
    expect(await tenant.database.findHolders(tenant.context)).toEqual([expect.objectContaining({ pid })]);
  });

  it('is not held up by processes that come and go', async () => {
    const tenant = makeTenant();
    makePersons(tenant.file, 'wal');
    const sessions = await Promise.all([1, 2].map(() => startSession(tenant.file, 'SELECT 1 FROM person')));
    const ends = sessions.map((session) => once(session, 'exit'));
    for (const session of sessions) session.kill('SIGKILL');
    await expect(tenant.database.findHolders(tenant.context)).resolves.toBeInstanceOf(Array);
    await Promise.all(ends);
  });
});
