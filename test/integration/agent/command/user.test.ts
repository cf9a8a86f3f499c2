import os from 'node:os';
import { describe, expect, test } from 'vitest';
import { currentUser, findUser } from '../../../../agent/command/user.js';

describe('finding an account', () => {
  test('gives its ids and its home', async () => {
    expect(await findUser('root')).toEqual({ name: 'root', uid: 0, gid: 0, home: '/root' });
    expect(await findUser('nobody')).toMatchObject({ name: 'nobody', uid: 65534 });
  });

  test.each(['no-such-account', '--service=files', '0', ''])('says that %j does not exist', async (name) => {
    await expect(findUser(name)).rejects.toMatchObject({
      code: 'config',
      message: `user ${name} does not exist`,
      hint: expect.stringContaining('create it'),
    });
  });

  test('finds the account of this process too', async () => {
    expect(currentUser().uid).toBe(os.userInfo().uid);
    expect(await findUser(currentUser().name)).toEqual(currentUser());
  });
});
