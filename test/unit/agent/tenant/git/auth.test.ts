import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAccess, maskSecrets } from '../../../../../agent/tenant/git/auth.js';

describe('createAccess', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'drover-auth-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it.each([
    ['s3cret\n', 'x-access-token:s3cret'],
    ['deploy:s3cret', 'deploy:s3cret'],
  ])('sends the token of %j in a header that no redirect carries away', async (content, credentials) => {
    const file = path.join(folder, 'token');
    writeFileSync(file, content, { mode: 0o600 });
    const { env, config } = await createAccess({ token_file: file });
    expect(config).toEqual({
      'http.extraHeader': `Authorization: Basic ${Buffer.from(credentials).toString('base64')}`,
      'http.followRedirects': 'false',
    });
    expect(JSON.stringify(env)).not.toContain('s3cret');
  });

  it.each(['', 'two words', 'two\nlines'])('refuses a token file with %j', async (content) => {
    const file = path.join(folder, 'token');
    writeFileSync(file, content, { mode: 0o600 });
    await expect(createAccess({ token_file: file })).rejects.toMatchObject({ code: 'config' });
  });

  it('names a token file that is not there', async () => {
    await expect(createAccess({ token_file: '/nonexistent/token' })).rejects.toThrow('/nonexistent/token');
  });

  it('quotes the paths of ssh keys for the shell and for ssh', async () => {
    const [key, hosts] = [path.join(folder, "it's $(id) key%h"), path.join(folder, 'known hosts')];
    for (const file of [key, hosts]) writeFileSync(file, '', { mode: 0o600 });
    const { env } = await createAccess({ ssh_key: key, known_hosts: hosts });
    expect(env['GIT_SSH_COMMAND']).toContain(`'IdentityFile="${folder}${String.raw`/it'\''s $(id) key%%h"'`}`);
    expect(env['GIT_SSH_COMMAND']).toContain(`'UserKnownHostsFile="${hosts}"'`);
    expect(env['GIT_SSH_COMMAND']).toMatch(/^ssh -F \/dev\/null .*BatchMode=yes .*StrictHostKeyChecking=yes/);
  });
});

describe('maskSecrets', () => {
  it.each([
    ['https://user:pass@example.com/a.git', 'https://***@example.com/a.git'],
    ['https://token@example.com/a.git', 'https://***@example.com/a.git'],
    ['ssh://git:pass@example.com/a.git', 'ssh://git:***@example.com/a.git'],
    ['ssh://git@example.com/a.git', 'ssh://git@example.com/a.git'],
    ['git@example.com:a.git', 'git@example.com:a.git'],
  ])('turns %s into %s', (text, masked) => {
    expect(maskSecrets(`fatal: ${text} is down`)).toBe(`fatal: ${masked} is down`);
  });
});
