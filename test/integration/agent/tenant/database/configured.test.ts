import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { TenantPath } from '../../../../../agent/command/tenant_path.js';
import type { CommandsDatabaseConfig } from '../../../../../agent/tenant/database/schema.js';
import { makeTenant, record, stamp, timeLimitMs } from './tenant_database.js';

const config: CommandsDatabaseConfig = {
  backup: ['sh', '-c', 'cp data "$1"', 'sh', '{file}'],
  restore: ['sh', '-c', 'cp "${1#--from=}" data', 'sh', '--from={file}'],
  keep: 5,
};

function makeCommandsTenant(changes: Partial<CommandsDatabaseConfig> = {}) {
  const tenant = makeTenant({ ...config, ...changes });
  const data = `${tenant.folder}/data`;
  writeFileSync(data, 'old', { mode: 0o666 });
  const path = `${tenant.folder}/testsite.backup_${stamp}`;
  return { ...tenant, data, path };
}

describe('a database with configured commands', () => {
  it('is backed up by its command, with the record beside the backup', async () => {
    const { database, context, path } = makeCommandsTenant();
    await database.backup(context, { path: new TenantPath(path), record, timeLimitMs });
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(readFileSync(`${path}.record.json`, 'utf8')).toBe(record);
    expect(existsSync(`${path}.partial`)).toBe(false);
  });

  it('is restored by its command', async () => {
    const tenant = makeCommandsTenant({
      restore: ['sh', '-c', 'cat "${1#--from=}" > restored', 'sh', '--from={file}'],
    });
    await tenant.database.backup(tenant.context, { path: new TenantPath(tenant.path), record, timeLimitMs });
    await tenant.database.restore(tenant.context, { path: new TenantPath(tenant.path), stamp, timeLimitMs });
    expect(readFileSync(`${tenant.folder}/restored`, 'utf8')).toBe('old');
  });

  it.each([
    ['writes nothing', ['true'], 'wrote no file'],
    ['writes an empty file', ['touch', '{file}'], 'is empty'],
    ['makes a folder', ['mkdir', '{file}'], 'is not a file'],
  ] as const)('has no backup when the command %s', async (_title, [program, ...args], complaint) => {
    const { database, context, path } = makeCommandsTenant({ backup: [program, ...args] });
    await expect(database.backup(context, { path: new TenantPath(path), record, timeLimitMs })).rejects.toMatchObject({
      details: { output_tail: expect.stringContaining(complaint) },
    });
    expect(existsSync(path)).toBe(false);
  });

  it('has no backup of the final name when the command fails half-way', async () => {
    const backup: CommandsDatabaseConfig['backup'] = ['sh', '-c', 'echo half > "$1"; exit 3', 'sh', '{file}'];
    const { database, context, path } = makeCommandsTenant({ backup });
    await expect(database.backup(context, { path: new TenantPath(path), record, timeLimitMs })).rejects.toThrow(
      'exit 3',
    );
    expect(existsSync(path)).toBe(false);
  });

  it('may be backed up again after a kill at any point', async () => {
    const backup: CommandsDatabaseConfig['backup'] = ['sh', '-c', 'set -C; cat data > "$1"', 'sh', '{file}'];
    const { database, context, path } = makeCommandsTenant({ backup });
    writeFileSync(`${path}.partial`, 'unfinished');
    await database.backup(context, { path: new TenantPath(path), record, timeLimitMs });
    await database.backup(context, { path: new TenantPath(path), record, timeLimitMs });
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(existsSync(`${path}.partial`)).toBe(false);
  });

  it('has the last line of its command as fingerprint', async () => {
    const { database, context } = makeCommandsTenant({ fingerprint: ['printf', 'reading\nrows=7\n'] });
    expect(await database.fingerprint(context, timeLimitMs)).toBe('rows=7');
  });

  it.each([
    ['no command for it', {}],
    ['a command that prints nothing', { fingerprint: ['true'] as [string] }],
  ])('has no fingerprint with %s', async (_title, changes) => {
    const { database, context } = makeCommandsTenant(changes);
    expect(await database.fingerprint(context, timeLimitMs)).toBeNull();
  });

  it('expects a backup to be as big as the largest one, whatever time is in its name, and knows no holders', async () => {
    const { database, context, path, folder } = makeCommandsTenant();
    const bytesOf = async () => (await database.check(context)).needs.map(({ bytes }) => bytes);
    expect(await bytesOf()).toEqual([0]);
    await database.backup(context, { path: new TenantPath(path), record, timeLimitMs });
    writeFileSync(`${folder}/testsite.backup_notours`, 'a longer text');
    writeFileSync(`${folder}/testsite.backup_20990101_000000`, 'o');
    expect(await bytesOf()).toEqual([3]);
    expect(await database.findHolders(context)).toEqual([]);
  });
});
