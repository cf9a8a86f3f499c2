// The contract of the port to a database: what every adapter promises, held by each of them.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { TenantPath } from '../../../../../agent/command/tenant_path.js';
import type { Database } from '../../../../../agent/tenant/database/port.js';
import type { ReadContext, RunContext } from '../../../../../agent/tenant/site.js';
import { record, stamp, timeLimitMs } from './tenant_database.js';

export interface DatabaseBench {
  database: Database;
  context: ReadContext & RunContext;
  /** Replaces the data, as the tenant's services would. */
  write: (data: string) => void;
  read: () => string;
}

/** `open` gives an adapter over a database that holds `old`, gone after the test. */
export function describeDatabase(name: string, open: () => DatabaseBench): void {
  const at = new Date('2025-12-16T10:15:30Z');

  async function openWithBackup() {
    const bench = open();
    const path = await bench.database.chooseBackupPath(bench.context, at);
    await bench.database.backup(bench.context, { path, record, timeLimitMs });
    return { ...bench, backup: path.shown };
  }

  describe(`the ${name} database`, () => {
    it('is checked without being changed', async () => {
      const { database, context, read } = open();
      const before = readdirSync(database.folder.shown).toSorted();
      const { needs } = await database.check(context);
      expect(needs.map(({ folder }) => folder.shown)).toContain(database.folder.shown);
      expect(await database.check(context)).toMatchObject({ needs });
      expect(readdirSync(database.folder.shown).toSorted()).toEqual(before);
      expect(read()).toBe('old');
    });

    it('has a path in its folder for a backup, which is never an existing file', async () => {
      const { database, context, backup } = await openWithBackup();
      expect(path.dirname(backup)).toBe(database.folder.shown);
      const next = (await database.chooseBackupPath(context, at)).shown;
      expect(next).not.toBe(backup);
      expect(existsSync(next)).toBe(false);
    });

    it('is backed up with its record, and stays as it is', async () => {
      const { backup, read } = await openWithBackup();
      expect(existsSync(backup)).toBe(true);
      expect(readFileSync(`${backup}.record.json`, 'utf8')).toBe(record);
      expect(read()).toBe('old');
    });

    it('may be backed up again, also after a call that was killed', async () => {
      const { database, context } = open();
      const backup = (await database.chooseBackupPath(context, at)).shown;
      writeFileSync(`${backup}.partial`, 'unfinished');
      await database.backup(context, { path: new TenantPath(backup), record, timeLimitMs });
      await database.backup(context, { path: new TenantPath(backup), record, timeLimitMs });
      expect(existsSync(`${backup}.partial`)).toBe(false);
      expect(existsSync(backup)).toBe(true);
    });

    it('has no backup of the name where one fails', async () => {
      const { database, context } = open();
      const { name } = await database.chooseBackupPath(context, at);
      const backup = path.join(database.folder.shown, 'no-such-folder', name);
      await expect(
        database.backup(context, { path: new TenantPath(backup), record, timeLimitMs }),
      ).rejects.toMatchObject({
        code: 'command-failed',
      });
      expect(existsSync(backup)).toBe(false);
    });

    it('is restored, however often, and the backup stays', async () => {
      const { database, context, backup, write, read } = await openWithBackup();
      write('new');
      await database.restore(context, { path: new TenantPath(backup), stamp, timeLimitMs });
      expect(read()).toBe('old');
      await database.restore(context, { path: new TenantPath(backup), stamp, timeLimitMs });
      expect(read()).toBe('old');
      expect(existsSync(backup)).toBe(true);
    });

    it('has a fingerprint that changes whenever the data does, and only then', async () => {
      const { database, context, write } = open();
      const before = await database.fingerprint(context, timeLimitMs);
      expect(before).not.toBeNull();
      expect(await database.fingerprint(context, timeLimitMs)).toBe(before);
      write('new');
      expect(await database.fingerprint(context, timeLimitMs)).not.toBe(before);
    });

    it('is held by nobody where no process has it open', async () => {
      const { database, context } = open();
      expect(await database.findHolders(context)).toEqual([]);
    });

    it('loses the backups that are discarded, with their records, and no other file', async () => {
      const { database, context, backup, read } = await openWithBackup();
      const other = path.join(database.folder.shown, 'notes.txt');
      writeFileSync(other, 'kept');
      await database.discardBackups(context, [new TenantPath(backup), new TenantPath(other)]);
      await database.discardBackups(context, [new TenantPath(backup)]);
      expect([backup, `${backup}.record.json`, other].map((file) => existsSync(file))).toEqual([false, false, true]);
      expect(read()).toBe('old');
    });

    it('loses what a restore set aside, and nothing else', async () => {
      const { database, context, backup, write, read } = await openWithBackup();
      write('new');
      await database.restore(context, { path: new TenantPath(backup), stamp, timeLimitMs });
      await database.discardAside(context, database.asideFiles(stamp));
      await database.discardAside(context, database.asideFiles(stamp));
      expect(readdirSync(database.folder.shown).filter((file) => file.includes(`.failed_${stamp}`))).toEqual([]);
      expect(existsSync(backup)).toBe(true);
      expect(read()).toBe('old');
    });
  });
}
