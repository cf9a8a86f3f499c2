import { chmod, chown, mkdir, symlink } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { currentUser } from '../../../../agent/command/user.js';
import { loadAgentConfig, loadTenants } from '../../../../agent/config/load.js';
import { findUser } from '../../../../agent/command/user.js';
import { makeHost, type Host } from './make_host.js';

let host: Host;
beforeEach(async () => {
  host = await makeHost();
  await chmod(host.folder, 0o755);
});
afterEach(() => host.remove());

/** Loads a tenant whose key `line` stands for, in line 12 of its file; the complaint, or null. */
async function load(line: string): Promise<{ message: string; hint: string } | null> {
  const key = `${line.split(':')[0] ?? ''}:`;
  const lines = host
    .tenantText()
    .split('\n')
    .filter((text) => text !== '' && !text.startsWith(key));
  const file = await host.write('tenants.d/testsite.yaml', `${lines.join('\n')}\n\n${line}\n`);
  const { tenants, problems } = await loadTenants(await loadAgentConfig(host.agentFile), currentUser());
  expect(tenants.size + problems.length).toBe(1);
  const error = problems[0]?.error;
  return error === undefined ? null : { message: error.message.replace(file, 'FILE'), hint: error.hint ?? '' };
}

const service = (stop: string) => `services: { start: [bin/ctl, start], status: [bin/ctl, status], stop: ${stop} }`;
const asRoot = (program: string) => service(`{ user: root, run: [${program}, stop] }`);

/** A program in a folder of a folder of its own. */
async function makeProgram(): Promise<{ folder: string; program: string }> {
  const folder = path.join(host.folder, 'own/sbin');
  await mkdir(folder, { recursive: true, mode: 0o755 });
  return { folder, program: await host.write('own/sbin/ctl', '#!/bin/sh\n', 0o755) };
}

describe('a command of another account', () => {
  test('is accepted where only that account and root can change its program', async () => {
    const { program } = await makeProgram();
    expect(await load(asRoot(program))).toBeNull();
    const daemon = await findUser('daemon');
    await chown(program, daemon.uid, daemon.gid);
    expect(await load(service(`{ user: daemon, run: [${program}] }`))).toBeNull();
  });

  test('needs an absolute path', async () => {
    expect(await load(asRoot('bin/ctl'))).toMatchObject({
      message: 'FILE:12: services.stop.run: must begin with an absolute path, as `user` is given, not a list',
    });
  });

  test('needs an account that exists', async () => {
    expect(await load(service('{ user: no-such-account, run: [/bin/true] }'))).toMatchObject({
      message: 'FILE:12: services.stop.user: user no-such-account does not exist',
    });
  });

  test('is refused where its program belongs to somebody else', async () => {
    const { program } = await makeProgram();
    const nobody = await findUser('nobody');
    await chown(program, nobody.uid, nobody.gid);
    expect(await load(asRoot(program))).toEqual({
      message: `FILE:12: services.stop.run[0]: ${program}: belongs to user id ${nobody.uid}, who could change it`,
      hint: `chown root ${program} if nothing else uses it, or name a path that only root can change`,
    });
  });

  test.each([
    { what: 'its program', name: 'ctl', mode: 0o775, who: 'its group' },
    { what: 'the folder of its program', name: '', mode: 0o757, who: 'everyone' },
    { what: 'a folder above that', name: '..', mode: 0o777, who: 'its group and everyone' },
  ])('is refused where others can write $what', async ({ name, mode, who }) => {
    const { folder, program } = await makeProgram();
    const loose = path.join(folder, name);
    const away = 'put it into /etc/drover, or name another path whose folders only root can change';
    await chmod(loose, mode);
    expect(await load(asRoot(program))).toEqual({
      message: `FILE:12: services.stop.run[0]: ${loose}: can be written by ${who} (mode 0${mode.toString(8)})`,
      hint: loose === program ? `chmod g-w,o-w ${program}` : `${away} (now ${program})`,
    });
    await chmod(loose, 0o755);
    expect(await load(asRoot(program))).toBeNull();
  });

  test('is refused where a symbolic link on the way leads to what others can write', async () => {
    const { folder, program } = await makeProgram();
    const real = path.join(host.folder, 'loose');
    await mkdir(real);
    await chmod(real, 0o777);
    await host.write('loose/ctl', '#!/bin/sh\n', 0o755);
    await symlink(path.join(real, 'ctl'), `${program}2`);
    await symlink('ctl2', `${program}3`);
    expect(await load(asRoot(path.join(folder, 'ctl3')))).toMatchObject({
      message: `FILE:12: services.stop.run[0]: ${real}: can be written by its group and everyone (mode 0777)`,
    });
  });
});

const asRootWith = (...words: string[]) => service(`{ user: root, run: [/bin/sh, ${words.join(', ')}] }`);

describe('the words of a command of another account', () => {
  test('may name what only root can change, what does not exist, and what is no path', async () => {
    const { program } = await makeProgram();
    expect(await load(asRootWith(program, '--config=/nowhere/x', 'a/b', '-x', '/tmp', '/dev/null'))).toBeNull();
  });

  test.each([
    ['a script in app_dir', (host: Host) => `${host.appDir}/deploy.sh`, 'in app_dir'],
    ['a value in data_dir', (host: Host) => `--file=${host.dataDir}//x`, 'in app_dir'],
    ['a shell line that goes there', (host: Host) => `"cd ${host.appDir}/ && ./x"`, 'in app_dir'],
    ['a shell line with its variable', () => '"exec $APP_DIR/x"', 'in APP_DIR'],
  ])('are refused where one is %s', async (_what, makeWord, where) => {
    const complaint = await load(asRootWith(makeWord(host)));
    expect(complaint?.message).toMatch(
      /^FILE:12: services\.stop\.run\[1\]: .* the tenant could change what runs as root/,
    );
    expect(complaint?.message).toContain(where.replace('app_dir', host.appDir));
  });

  test('are refused where one is a link to a script of somebody else, however it is written', async () => {
    const { folder } = await makeProgram();
    const nobody = await findUser('nobody');
    const script = await host.write('script', '', 0o755);
    await chown(script, nobody.uid, nobody.gid);
    await symlink(script, path.join(folder, 'alias'));
    for (const word of [`${folder}/alias`, `--file=${folder}/../sbin/alias`, `.${folder}/alias`]) {
      expect(await load(asRootWith(word))).toMatchObject({
        message: `FILE:12: services.stop.run[1]: ${script}: belongs to user id ${nobody.uid}, who could change it`,
      });
    }
  });
});

const database = (more: string) =>
  `database: { backup: { user: daemon, run: [/bin/cp, /srv/data, "{file}"] }, restore: [bin/restore]${more} }`;

describe('backups that another account writes', () => {
  test('need a folder of their own', async () => {
    expect(await load(database(''))).toMatchObject({
      message: expect.stringMatching(/^FILE:12: database\.backup_dir: is missing; backups that daemon writes/),
      hint: expect.stringContaining('install -d -o daemon'),
    });
  });

  test('need one that the tenant cannot write', async () => {
    const daemon = await findUser('daemon');
    const folder = path.join(host.folder, 'backups');
    await mkdir(folder, { mode: 0o755 });
    await chown(folder, daemon.uid, daemon.gid);
    expect(await load(database(`, backup_dir: ${folder}`))).toBeNull();
    await chmod(folder, 0o777);
    expect(await load(database(`, backup_dir: ${folder}`))).toMatchObject({
      message: `FILE:12: database.backup_dir: ${folder}: can be written by its group and everyone (mode 0777)`,
    });
  });
});
