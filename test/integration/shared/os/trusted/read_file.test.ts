import { execFileSync } from 'node:child_process';
import { chmod, chown, lchown, link as hardLink, mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkTrustedFile as check, readTrustedFile, readToMask } from '../../../../../shared/os/trusted/read_file.js';
import { unreadable } from '../../../../../shared/os/trusted/unreadable.js';
import { makeHost, type Host } from '../../../agent/config/make_host.js';

const nobody = 65534;

let host: Host;
beforeEach(async () => {
  host = await makeHost();
});
afterEach(() => host.remove());

describe('a trusted file', () => {
  test.each([
    ['config', 0o644],
    ['config', 0o600],
    ['environment', 0o640],
    ['secret', 0o600],
    ['secret', 0o400],
  ] as const)('accepts a file of kind %s with mode %o', async (kind, mode) => {
    const file = await host.write('file', 'x', mode);
    await expect(check(file, kind)).resolves.toBeUndefined();
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
    await expect(check(file, kind)).rejects.toMatchObject({
      code: 'config',
      message: `${file}: can be ${says}`,
      hint: `chmod ${fix} ${file}`,
    });
  });

  test('accepts a file that was mended as the hint says', async () => {
    const file = await host.write('file', 'x', 0o666);
    await chmod(file, 0o600);
    await expect(check(file, 'secret')).resolves.toBeUndefined();
  });

  test('refuses a file of another user', async () => {
    const file = await host.write('file', 'x');
    await chown(file, nobody, nobody);
    await expect(check(file, 'config')).rejects.toMatchObject({
      message: `${file}: belongs to user id ${nobody}, who could change it`,
      hint: `chown root ${file} if nothing else uses it, or name a path that only root can change`,
    });
  });

  test("accepts the agent's own file and root's when the agent is not root", async () => {
    const own = await host.write('own', 'x');
    await chown(own, nobody, nobody);
    await expect(check(own, 'secret', { trusted: { uid: nobody } })).resolves.toBeUndefined();
    await expect(check(host.agentFile, 'config', { trusted: { uid: nobody } })).resolves.toBeUndefined();
  });

  test('refuses a folder that others can write', async () => {
    const file = await host.write('tenants.d/a.yaml', 'x');
    await chmod(path.dirname(file), 0o777);
    await expect(check(file, 'config')).rejects.toMatchObject({
      message: `${path.dirname(file)}: can be written by its group and everyone (mode 0777)`,
      hint: `put it into /etc/drover, or name another path whose folders only root can change (now ${file})`,
    });
  });

  test('looks at both ends of a symbolic link', async () => {
    const open = path.join(host.folder, 'open');
    await mkdir(open);
    await rename(await host.write('real', 'x'), path.join(open, 'real'));
    await chmod(open, 0o777);
    const link = path.join(host.folder, 'link');
    await symlink(path.join(open, 'real'), link);
    await expect(check(link, 'config')).rejects.toMatchObject({
      message: expect.stringContaining(`${open}: can be written`),
    });
  });

  test('is read once for all its checks, up to the limit of its kind', async () => {
    const file = await host.write('file', 'x'.repeat(64 * 1024));
    expect((await readTrustedFile(file, 'secret')).length).toBe(64 * 1024);
    await writeFile(file, 'x'.repeat(64 * 1024 + 1));
    await expect(readTrustedFile(file, 'secret')).rejects.toMatchObject({
      code: 'config',
      message: expect.stringMatching(/: is 65537 bytes large; a file with a secret, .* has at most 65536$/),
    });
    expect((await readTrustedFile(file, 'config')).length).toBe(64 * 1024 + 1);
  });

  test('is refused by every part of its path, on both sides of a link', async () => {
    const file = await host.write('file', 'x');
    const [tenants, inner] = [path.join(host.folder, 'of-a-tenant'), path.join(host.folder, 'of-a-tenant/of-root')];
    await mkdir(inner, { recursive: true });
    await chown(tenants, nobody, nobody);
    await rename(file, path.join(inner, 'file'));
    await symlink(path.join(inner, 'file'), path.join(host.folder, 'link'));
    await symlink('of-a-tenant/of-root', path.join(host.folder, 'short'));
    for (const name of ['of-a-tenant/of-root/file', 'link', 'short/file', 'tenants.d/../link', 'of-a-tenant/../file']) {
      await expect(readTrustedFile(`${host.folder}/${name}`, 'config')).rejects.toMatchObject({
        message: `${tenants}: belongs to user id ${nobody}, who could change it`,
        hint: expect.stringMatching(/^put it into \/etc\/drover, (?!.*ch(own|mod))/),
      });
    }
  });

  test('is refused through a link of somebody else', async () => {
    const link = path.join(host.folder, 'link');
    await symlink(await host.write('file', 'x'), link);
    await lchown(link, nobody, nobody);
    await expect(readTrustedFile(link, 'config')).rejects.toMatchObject({
      message: `${link}: belongs to user id ${nobody}, who could change it`,
      hint: expect.stringContaining(`chown -h root ${link}`),
    });
  });

  test('is refused where any user could have given it the name', async () => {
    const file = await host.write('file', 'x');
    await chmod(host.folder, 0o1777);
    await expect(check(file, 'secret')).resolves.toBeUndefined();
    await hardLink(file, path.join(host.folder, 'other'));
    await expect(readTrustedFile(path.join(host.folder, 'other'), 'secret')).rejects.toMatchObject({
      message: expect.stringContaining('is a hard link to a file that has 2 names'),
    });
    await chmod(host.folder, 0o755);
    await expect(check(file, 'secret')).resolves.toBeUndefined();
  });

  test('is no FIFO, no device, no link in a circle or to nowhere, and nothing of a process', async () => {
    const at = (name: string) => path.join(host.folder, name);
    execFileSync('mknod', [at('fifo'), 'p']);
    execFileSync('mknod', [at('null'), 'c', '1', '3']);
    await symlink('circle', at('circle'));
    await symlink('/nowhere', at('dangling'));
    await symlink('/proc/self/environ', at('environment'));
    const complaints = [
      ['fifo', 'is not a file'],
      ['null', 'is not a file'],
      ['circle', 'leads through more than 40 symbolic links'],
      ['dangling', 'does not exist'],
      ['environment', 'is no file on a disk, for it lies in /proc'],
      ['file/x', 'is not a folder'],
    ] as const;
    await host.write('file', 'x', 0o600);
    for (const [name, says] of complaints) {
      await expect(readTrustedFile(at(name), 'config')).rejects.toMatchObject({
        code: 'config',
        message: expect.stringContaining(says),
      });
      expect(name === 'environment' ? '' : await readToMask(at(name))).toBe('');
    }
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
    await expect(check(missing, 'secret')).rejects.toMatchObject({ message: `${missing}: does not exist` });
    await expect(check(host.appDir, 'secret')).rejects.toMatchObject({
      message: `${host.appDir}: is not a file`,
    });
  });
});
