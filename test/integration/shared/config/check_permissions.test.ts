import { chmod, chown, mkdir, rename, symlink } from 'node:fs/promises';
import { userInfo } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkPermissions, unreadable } from '../../../../shared/config/check_permissions.js';
import { makeHost, type Host } from '../../agent/config/make_host.js';

const nobody = 65534;

let host: Host;
beforeEach(async () => {
  host = await makeHost();
});
afterEach(() => host.remove());

describe('checking permissions', () => {
  test.each([
    ['config', 0o644],
    ['config', 0o600],
    ['environment', 0o640],
    ['secret', 0o600],
    ['secret', 0o400],
  ] as const)('accepts a file of kind %s with mode %o', async (kind, mode) => {
    const file = await host.write('file', 'x', mode);
    await expect(checkPermissions(file, kind)).resolves.toBeUndefined();
  });

  test.each([
    ['config', 0o664, 'written by its group (mode 0664)', 'g-w,o-w'],
    ['config', 0o646, 'written by everyone (mode 0646)', 'g-w,o-w'],
    ['config', 0o666, 'written by its group and everyone (mode 0666)', 'g-w,o-w'],
    ['environment', 0o644, 'read by everyone (mode 0644)', 'g-w,o-rw'],
    ['environment', 0o660, 'written by its group (mode 0660)', 'g-w,o-rw'],
    ['secret', 0o644, 'read by its group and everyone (mode 0644)', 'g-rw,o-rw'],
    ['secret', 0o640, 'read by its group (mode 0640)', 'g-rw,o-rw'],
    ['secret', 0o604, 'read by everyone (mode 0604)', 'g-rw,o-rw'],
  ] as const)('refuses a file of kind %s with mode %o, and names the way out', async (kind, mode, ...[says, fix]) => {
    const file = await host.write('file', 'x', mode);
    await expect(checkPermissions(file, kind)).rejects.toMatchObject({
      code: 'config',
      message: `${file}: can be ${says}`,
      hint: `chmod ${fix} ${file}`,
    });
  });

  test('accepts a file that was mended as the hint says', async () => {
    const file = await host.write('file', 'x', 0o666);
    await chmod(file, 0o600);
    await expect(checkPermissions(file, 'secret')).resolves.toBeUndefined();
  });

  test('refuses a file of another user', async () => {
    const file = await host.write('file', 'x');
    await chown(file, nobody, nobody);
    await expect(checkPermissions(file, 'config')).rejects.toMatchObject({
      message: `${file}: belongs to user id ${nobody}, who could change it`,
      hint: `chown root ${file}`,
    });
  });

  test("accepts the agent's own file and root's when the agent is not root", async () => {
    const own = await host.write('own', 'x');
    await chown(own, nobody, nobody);
    await expect(checkPermissions(own, 'secret', { ownUid: nobody })).resolves.toBeUndefined();
    await expect(checkPermissions(host.agentFile, 'config', { ownUid: nobody })).resolves.toBeUndefined();
  });

  test('refuses a folder that others can write', async () => {
    const file = await host.write('tenants.d/a.yaml', 'x');
    await chmod(path.dirname(file), 0o777);
    await expect(checkPermissions(file, 'config')).rejects.toMatchObject({
      message: `${path.dirname(file)}: can be written by its group and everyone (mode 0777)`,
      hint: `chmod g-w,o-w ${path.dirname(file)}`,
    });
  });

  test('looks at both ends of a symbolic link', async () => {
    const open = path.join(host.folder, 'open');
    await mkdir(open);
    await rename(await host.write('real', 'x'), path.join(open, 'real'));
    await chmod(open, 0o777);
    const link = path.join(host.folder, 'link');
    await symlink(path.join(open, 'real'), link);
    await expect(checkPermissions(link, 'config')).rejects.toMatchObject({
      message: expect.stringContaining(`${open}: can be written`),
    });
  });

  test('says of an unreadable file who cannot read it, and what to do', () => {
    const denied = Object.assign(new Error('denied'), { code: 'EACCES' });
    expect(unreadable('/etc/drover/token', denied, '')).toMatchObject({
      message: `/etc/drover/token: cannot be read as ${userInfo().username}`,
      hint: 'use sudo, or change who can read it',
    });
  });

  test('says that a file is missing, and that a folder is no file', async () => {
    const missing = path.join(host.folder, 'none');
    await expect(checkPermissions(missing, 'secret')).rejects.toMatchObject({ message: `${missing}: does not exist` });
    await expect(checkPermissions(host.appDir, 'secret')).rejects.toMatchObject({
      message: `${host.appDir}: is not a file`,
    });
  });
});
