import {
  appendFileSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { describe, expect, it } from 'vitest';
import { TenantPath } from '../../../../../agent/command/tenant_path.js';
import { openExisting } from '../../../../../agent/tenant/database/programs/sqlite.js';
import { nobody } from '../../../../helpers/agent/run_commands.js';
import {
  execute,
  killSession,
  makePersons,
  makeTenant,
  readValues,
  startSession,
  type TestTenant,
} from './tenant_database.js';

const check = ({ database, context }: TestTenant) => database.check(context);

/** Databases that cannot be checked in full without what the app registers when it opens them. */
const ownSchemas: [string, (file: string) => void][] = [
  [
    'a function',
    (file) => {
      execute(file);
      const database = openExisting(file);
      database.function('rank_of', { deterministic: true }, (name: unknown) => String(name).length);
      database.exec('CREATE TABLE person (name CHECK (rank_of(name) > 0)); CREATE INDEX i ON person (rank_of(name))');
      database.exec("INSERT INTO person VALUES ('Ann'), ('Bob')");
      database.close();
    },
  ],
  [
    'a collation',
    (file) => {
      const table = 'CREATE TABLE person (name TEXT COLLATE NOCASE)';
      execute(file, table, 'CREATE INDEX i ON person (name)', "INSERT INTO person VALUES ('Ann'), ('Bob')");
      writeFileSync(file, readFileSync(file, 'latin1').replace('NOCASE', 'BYNAME'), 'latin1');
    },
  ],
];

/** The middle of every page after the first. */
function damage(file: string): void {
  const bytes = readFileSync(file);
  for (let page = 4096; page < bytes.length; page += 4096) bytes.fill(0xff, page, page + 512);
  writeFileSync(file, bytes);
}

describe('check of a SQLite database', () => {
  it('says how big it is, with what its services have only in the log', async () => {
    const tenant = makeTenant();
    makePersons(tenant.file, 'wal');
    await startSession(tenant.file, "INSERT INTO person (name) VALUES ('Cid')");
    const bytes = statSync(tenant.file).size + statSync(`${tenant.file}-wal`).size;
    // For the backup, and for the copy of a restore.
    const need = { folder: new TenantPath(tenant.folder), bytes, user: nobody };
    expect(await check(tenant)).toEqual({ needs: [need, need], warnings: [] });
  });

  it.each(['wal', 'delete'] as const)('leaves a database in journal mode %s as it was', async (journalMode) => {
    const tenant = makeTenant();
    makePersons(tenant.file, journalMode);
    const bytes = readFileSync(tenant.file);
    await check(tenant);
    expect(readFileSync(tenant.file).equals(bytes)).toBe(true);
    expect(readdirSync(tenant.folder)).toEqual(['pocket.db']);
  });

  it('refuses a symbolic link, with the remedy', async () => {
    const tenant = makeTenant();
    makePersons(`${tenant.folder}/elsewhere.db`, 'wal');
    symlinkSync('elsewhere.db', tenant.file);
    await expect(check(tenant)).rejects.toMatchObject({
      code: 'database-unusable',
      message: expect.stringContaining(`${tenant.file} is a symbolic link`),
      hint: expect.stringContaining('database.sqlite'),
    });
  });

  it('refuses a file that is missing, with the remedy', async () => {
    await expect(check(makeTenant())).rejects.toMatchObject({
      code: 'database-unusable',
      message: expect.stringContaining('does not exist'),
      hint: expect.stringContaining('data_dir'),
    });
  });

  it('refuses a database of another user', async () => {
    const tenant = makeTenant();
    makePersons(tenant.file, 'wal');
    chownSync(tenant.file, 0, 0);
    await expect(check(tenant)).rejects.toMatchObject({ message: expect.stringContaining('belongs to user id 0') });
  });

  it('refuses a file that is no database', async () => {
    const tenant = makeTenant();
    execute(tenant.file);
    appendFileSync(tenant.file, 'no database'.repeat(1000));
    await expect(check(tenant)).rejects.toMatchObject({ message: expect.stringContaining('not a database') });
  });

  it('refuses a damaged database', async () => {
    const tenant = makeTenant();
    makePersons(tenant.file, 'delete');
    damage(tenant.file);
    await expect(check(tenant)).rejects.toMatchObject({
      code: 'database-unusable',
      message: expect.stringContaining('is damaged'),
    });
  });

  it.each(ownSchemas)('accepts a database with %s of the app, and still sees damage in it', async (_title, make) => {
    const tenant = makeTenant();
    make(tenant.file);
    expect(await check(tenant)).toMatchObject({ warnings: [] });
    damage(tenant.file);
    await expect(check(tenant)).rejects.toMatchObject({ message: expect.stringContaining('is damaged') });
  });

  it('accepts rows that violate a constraint', async () => {
    const tenant = makeTenant();
    execute(
      tenant.file,
      'CREATE TABLE person (name TEXT CHECK (length(name) > 3))',
      'PRAGMA ignore_check_constraints = ON',
      "INSERT INTO person VALUES ('Ann')",
    );
    expect(await check(tenant)).toMatchObject({ warnings: [] });
  });

  it('warns of a database that is locked', async () => {
    const tenant = makeTenant();
    makePersons(tenant.file, 'delete');
    await startSession(tenant.file, 'BEGIN EXCLUSIVE');
    const { warnings } = await check(tenant);
    expect(warnings).toEqual([
      { code: 'locked-database', text: expect.stringContaining('is locked by another process') },
    ]);
  });

  it('rolls back the journal of a killed process rather than refuse the database', async () => {
    const tenant = makeTenant();
    makePersons(tenant.file, 'delete');
    const rows = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50)';
    const half = ['PRAGMA cache_size = 1', 'BEGIN', "UPDATE person SET name = 'x'", 'CREATE TABLE big (v)'];
    const session = await startSession(tenant.file, ...half, `${rows} INSERT INTO big SELECT zeroblob(9999) FROM n`);
    await killSession(session);
    expect(await check(tenant)).toMatchObject({ warnings: [] });
    expect(readValues(tenant.file)).toEqual(['Ann', 'Bob']);
  });

  it('refuses a folder for backups that the tenant cannot write to', async () => {
    const folder = `${makeTenant().folder}/backups`;
    mkdirSync(folder);
    const tenant = makeTenant({ sqlite: 'pocket.db', keep: 5, allow_writers: false, backup_dir: folder });
    makePersons(tenant.file, 'wal');
    await expect(check(tenant)).rejects.toMatchObject({
      code: 'database-unusable',
      message: `nobody cannot write backups to ${folder}: it belongs to root, mode 755`,
      hint: expect.stringContaining(`chown nobody ${folder}`),
    });
    chownSync(folder, nobody.uid, nobody.gid);
    expect(await check(tenant)).toMatchObject({ warnings: [] });
  });
});
