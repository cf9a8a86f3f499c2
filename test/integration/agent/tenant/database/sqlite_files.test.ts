// A tenant with several SQLite files: backed up, compared and restored as one.
import { chownSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { databaseSchema } from '../../../../../agent/tenant/database/schema.js';
import { nobody } from '../../../../helpers/agent/run_commands.js';
import {
  execute,
  makePersons,
  makeTenant,
  readValues,
  record,
  stamp,
  startSession,
  timeLimitMs,
} from './tenant_database.js';

const at = new Date('2025-12-16T10:15:30Z');

async function makeTwo() {
  const tenant = makeTenant({ sqlite: ['a.db', 'sub/b.db'], keep: 5, allow_writers: false });
  const { database, context, folder } = tenant;
  mkdirSync(`${folder}/sub`);
  chownSync(`${folder}/sub`, nobody.uid, nobody.gid);
  const [a, b] = [`${folder}/a.db`, `${folder}/sub/b.db`] as const;
  makePersons(a, 'wal');
  makePersons(b, 'delete');
  const path = await database.chooseBackupPath(context, at);
  const backUp = () => database.backup(context, { path, record, timeLimitMs });
  const restore = () => database.restore(context, { path, stamp, timeLimitMs });
  const write = (name: string) => {
    for (const file of [a, b]) execute(file, `UPDATE person SET name = '${name}'`);
  };
  const read = () => [a, b].map((file) => readValues(file).join());
  return { ...tenant, a, b, path, backUp, restore, write, read };
}

const old = ['Ann,Bob', 'Ann,Bob'];

describe('two SQLite files', () => {
  it('are backed up beside themselves under one time, and the first names the backup', async () => {
    const { database, context, a, b, path, backUp } = await makeTwo();
    expect(path.shown).toBe(`${a}.backup_20251216_101530`);
    await backUp();
    expect(database.backupFiles(path).map(({ shown }) => shown)).toEqual([path.shown, `${b}.backup_20251216_101530`]);
    // One name is free for both, or taken for both.
    rmSync(path.shown);
    rmSync(`${path.shown}.record.json`);
    expect((await database.chooseBackupPath(context, at)).shown).toBe(`${a}.backup_20251216_101530_2`);
    expect(await database.hasBackup(context, path)).toBe(false);
  });

  it('have no backup where one of them cannot be backed up', async () => {
    const { folder, b, backUp } = await makeTwo();
    writeFileSync(b, 'no database at all, but long enough to be read as one');
    await expect(backUp()).rejects.toMatchObject({ code: 'command-failed' });
    expect([...readdirSync(folder), ...readdirSync(`${folder}/sub`)].filter((name) => name.includes('backup'))).toEqual(
      [],
    );
  });

  it('are restored together, or not at all where one backup is damaged', async () => {
    const { database, path, backUp, restore, write, read } = await makeTwo();
    await backUp();
    write('new');
    const [, second = path] = database.backupFiles(path);
    renameSync(second.shown, `${second.shown}.away`);
    await expect(restore()).rejects.toMatchObject({ code: 'command-failed' });
    writeFileSync(second.shown, 'damaged');
    await expect(restore()).rejects.toMatchObject({ code: 'command-failed' });
    expect(read()).toEqual(['new,new', 'new,new']);
    renameSync(`${second.shown}.away`, second.shown);
    await restore();
    expect(read()).toEqual(old);
  });

  it('are restored to the end after a kill between the two', async () => {
    const { a, b, backUp, restore, write, read } = await makeTwo();
    await backUp();
    write('new');
    await restore();
    // As a kill leaves it: the first is restored; of the second the old file is aside and the copy has no name yet.
    renameSync(b, `${b}.restoring_${stamp}`);
    await restore();
    expect(read()).toEqual(old);
    expect(existsSync(`${a}.failed_${stamp}`) && existsSync(`${b}.failed_${stamp}`)).toBe(true);
    expect(existsSync(`${b}.restoring_${stamp}`)).toBe(false);
  });

  it('have one fingerprint, and holders of either', async () => {
    const { database, context, b } = await makeTwo();
    const before = await database.fingerprint(context, timeLimitMs);
    execute(b, "UPDATE person SET name = 'Eve'");
    expect(await database.fingerprint(context, timeLimitMs)).not.toBe(before);
    const { pid } = await startSession(b, 'SELECT * FROM person');
    expect(await database.findHolders(context)).toEqual([expect.objectContaining({ pid })]);
  });

  it('are discarded together', async () => {
    const { database, context, folder, path, backUp, restore, write } = await makeTwo();
    await backUp();
    write('new');
    await restore();
    await database.discardBackups(context, database.backupFiles(path));
    await database.discardAside(context, database.asideFiles(stamp));
    expect([...readdirSync(folder), ...readdirSync(`${folder}/sub`)].toSorted()).toEqual(['a.db', 'b.db', 'sub']);
  });

  it.each([
    ['one file twice', { sqlite: ['a.db', './a.db'] }],
    [
      'two files of one name whose backups go into one folder',
      { sqlite: ['a.db', 'sub/a.db'], backup_dir: '/var/backups' },
    ],
    ['an empty list', { sqlite: [] }],
  ])('are refused with %s', (_what, config) => {
    expect(databaseSchema.safeParse(config).success).toBe(false);
  });
});

describe('other SQLite files in data_dir', () => {
  it('are named in a warning; backups, what restores set aside, logs and other files are not', async () => {
    const { database, context, folder, a, backUp, restore, write } = await makeTwo();
    await backUp();
    write('new');
    await restore();
    await startSession(a, "UPDATE person SET name = 'Eve'");
    expect((await database.check(context)).warnings).toEqual([]);
    for (const name of ['other.sqlite3', 'sub/cache.db']) makePersons(`${folder}/${name}`, 'delete');
    writeFileSync(`${folder}/notes.db`, 'not one of SQLite, whatever its name says');
    const [warning, ...more] = (await database.check(context)).warnings;
    expect(warning?.code).toBe('other-databases');
    expect(warning?.text).toContain('other.sqlite3, sub/cache.db. ');
    expect(warning?.text).toContain('sqlite: [a.db, sub/b.db, …]');
    expect(more).toEqual([]);
  });

  it('are looked for only as long as the folder is small, and through no link', async () => {
    const { database, context, folder } = await makeTwo();
    const elsewhere = makeTenant();
    makePersons(elsewhere.file, 'delete');
    symlinkSync(elsewhere.folder, `${folder}/link`);
    mkdirSync(`${folder}/0`);
    for (let n = 0; n < 2100; n += 1) writeFileSync(`${folder}/0/${n}`, '');
    mkdirSync(`${folder}/0/deep`);
    makePersons(`${folder}/0/deep/late.db`, 'delete');
    expect((await database.check(context)).warnings).toEqual([]);
  });
});
