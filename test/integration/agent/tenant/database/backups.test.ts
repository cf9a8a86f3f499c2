import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { TenantPath } from '../../../../../agent/command/tenant_path.js';
import { makeTenant } from './tenant_database.js';

const at = new Date('2025-12-16T10:15:30.999Z');

describe('chooseBackupPath', () => {
  it('names a backup after the database and the time in UTC, in the folder of the database', async () => {
    const { database, context, folder } = makeTenant({ sqlite: 'sub/pocket.db', keep: 5, allow_writers: false });
    mkdirSync(`${folder}/sub`);
    expect((await database.chooseBackupPath(context, at)).shown).toBe(`${folder}/sub/pocket.db.backup_20251216_101530`);
  });

  it('names a backup by commands after the tenant, in the configured folder', async () => {
    const { database, context } = makeTenant({ backup: ['a'], restore: ['b'], keep: 5, backup_dir: '/var/backups' });
    expect((await database.chooseBackupPath(context, at)).shown).toBe('/var/backups/testsite.backup_20251216_101530');
  });

  it('takes the next number when a backup or the record of one is there', async () => {
    const { database, context, file } = makeTenant();
    writeFileSync(`${file}.backup_20251216_101530`, '');
    writeFileSync(`${file}.backup_20251216_101530_2.record.json`, '');
    expect((await database.chooseBackupPath(context, at)).shown).toBe(`${file}.backup_20251216_101530_3`);
  });
});

describe('discardBackups', () => {
  it('deletes backups with their records and what was left unfinished, and no other file', async () => {
    const { database, context, folder, file } = makeTenant();
    const backup = `${file}.backup_20251216_101530`;
    const names = [backup, `${backup}.record.json`, `${backup}_2.partial`, file, `${file}.backup_mine`, `${backup}_3`];
    for (const name of names) writeFileSync(name, 'content');
    const paths = [backup, `${backup}_2`, file, `${file}.backup_mine`];
    await database.discardBackups(
      context,
      paths.map((name) => new TenantPath(name)),
    );
    expect(readdirSync(folder).toSorted()).toEqual(
      [file, `${backup}_3`, `${file}.backup_mine`].map((name) => path.basename(name)).toSorted(),
    );
  });

  it('is content when they are gone already', async () => {
    const { database, context, file } = makeTenant();
    await database.discardBackups(context, [new TenantPath(`${file}.backup_20251216_101530`)]);
    expect(existsSync(file)).toBe(false);
  });
});
