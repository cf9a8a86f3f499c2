// Repositories behind https with a token and behind ssh with a key, as real servers offer them; and one that says nothing.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { serveHttps, type HttpsGitServer } from '../../helpers/git/https_git_server.js';
import { serveSsh, type SshServer } from '../../helpers/git/ssh_server.js';
import { expectUntouched, useHosts } from './hosts.js';

const hosts = useHosts({ releases: [] });
const token = 'glpat-0123456789';
let keys = '';

beforeAll(() => {
  keys = mkdtempSync(path.join(tmpdir(), 'drover-keys-'));
});
afterAll(() => rmSync(keys, { recursive: true }));

/** A file that only the agent can read. */
function writeSecret(name: string, content: string): string {
  const file = path.join(keys, name);
  writeFileSync(file, content, { mode: 0o600 });
  return file;
}

async function upgrade(keysOfFile: Record<string, unknown>) {
  const host = await hosts.open({ makeKeys: () => keysOfFile });
  const { result, events } = await host.upgrade({ version: 'v0.2.0' });
  expect(JSON.stringify(events)).not.toContain(token);
  return result;
}

/** The failure of an upgrade that is refused before anything stops. */
async function seeRefusal(keysOfFile: Record<string, unknown>) {
  const host = await hosts.open({ makeKeys: () => keysOfFile });
  const before = await host.look();
  const { result } = await host.upgrade({ version: 'v0.2.0' });
  expect(result).toMatchObject({ status: 'refused', failure: { code: 'repository-unreachable' } });
  await expectUntouched(host, before);
  return result.failure;
}

const saying = (message: RegExp, hint: RegExp) => ({
  message: expect.stringMatching(message),
  hint: expect.stringMatching(hint),
});

const success = { status: 'success', new_version: 'v0.2.0', hooks_executed: ['post-pull: v0.2.0.sh - OK'] };

describe('https', () => {
  let server: HttpsGitServer;
  let repo = '';
  beforeAll(async () => {
    server = await serveHttps({ folder: path.dirname(hosts.template().repository.folder), keys, token });
    repo = server.urlOf(path.basename(hosts.template().repository.folder));
  });
  afterAll(() => server.close());

  test('lets an upgrade in by its token, with an authority of its own', async () => {
    expect(
      await upgrade({ repo, repo_auth: { token_file: writeSecret('token', token), ca_file: server.caFile } }),
    ).toMatchObject(success);
  });

  test('with a wrong token is refused', async () => {
    const repo_auth = { token_file: writeSecret('wrong-token', 'glpat-wrong'), ca_file: server.caFile };
    expect(await seeRefusal({ repo, repo_auth })).toMatchObject(saying(/127\.0\.0\.1/, /valid token/));
  });

  test('with a certificate that nobody vouches for is refused', async () => {
    const repo_auth = { token_file: writeSecret('token', token) };
    expect(await seeRefusal({ repo, repo_auth })).toMatchObject(saying(/certificate/, /ca_file/));
  });
});

describe('ssh', () => {
  let server: SshServer;
  let repo = '';
  beforeAll(async () => {
    server = await serveSsh(keys);
    repo = server.urlOf(hosts.template().repository.folder);
  });
  afterAll(() => server.close());

  test('lets an upgrade in by its key', async () => {
    expect(await upgrade({ repo, repo_auth: { ssh_key: server.key, known_hosts: server.knownHosts } })).toMatchObject(
      success,
    );
  });

  test.each([
    ['another key than known_hosts says', () => server.wrongKnownHosts],
    ['a key that known_hosts does not name', () => writeSecret('no-hosts', '')],
  ])('of a server with %s is refused', async (_, known_hosts) => {
    const repo_auth = { ssh_key: server.key, known_hosts: known_hosts() };
    expect(await seeRefusal({ repo, repo_auth })).toMatchObject(saying(/Host key verification failed/, /known_hosts/));
  });

  test('with a key that the server does not know is refused', async () => {
    const repo_auth = { ssh_key: server.strangeKey, known_hosts: server.knownHosts };
    expect(await seeRefusal({ repo, repo_auth })).toMatchObject(saying(/Permission denied/, /ssh_key/));
  });
});

describe('a remote that accepts and says nothing', () => {
  test.each(['https', 'ssh'])('is refused at the stall limit: %s', async (scheme) => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    });
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : null;
    const repo = `${scheme}://127.0.0.1:${port}/notes.git`;
    const time_limits = { stall: '300ms' };
    expect(await seeRefusal({ repo, time_limits })).toMatchObject(saying(/did not end within 0\.3 s/, /remote is up/));
    expect(sockets.length).toBeGreaterThan(0);
  });
});
