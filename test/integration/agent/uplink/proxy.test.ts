// Connections to a controller through a real HTTP proxy.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { connectController } from '../../../../agent/uplink/controller_connection.js';
import { agentPath } from '../../../../shared/wire/protocol.js';
import { makeAuthority } from '../../../helpers/certificates.js';
import { startConnectProxy } from '../../../helpers/controller/connect_proxy.js';
import { startTestController } from '../../../helpers/controller/test_controller.js';

const limits = { openMs: 5000, pingMs: 1000, silenceMs: 5000 };

async function openProxy(refusal?: number) {
  const proxy = await startConnectProxy(refusal === undefined ? {} : { refusal });
  onTestFinished(() => proxy.close());
  return proxy;
}

async function openController(alias?: string) {
  const folder = mkdtempSync(path.join(tmpdir(), 'drover_proxy_'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const authority = makeAuthority(folder);
  const { cert_file: cert, key_file: key } = authority.issue('controller', alias === undefined ? {} : { alias });
  const tls = { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
  const secure = await startTestController({ tls });
  onTestFinished(() => secure.close());
  return { url: `${secure.url}${agentPath}`, ca: readFileSync(authority.caFile, 'utf8') };
}

it('are tunnels to the controller, with and without TLS inside', async () => {
  const proxy = await openProxy();
  const plain = await startTestController();
  onTestFinished(() => plain.close());
  const secure = await openController();
  for (const wish of [{ url: `${plain.url}${agentPath}`, ca: undefined }, secure]) {
    const connection = connectController({ ...wish, proxy: { url: proxy.url, login: null }, limits }, () => undefined);
    const how = await Promise.race([connection.opened.then(() => 'open'), connection.ended]);
    expect(how).toBe('open');
    expect(proxy.asked.at(-1)).toBe(new URL(wish.url).host);
    connection.close(1000, 'done');
    await connection.ended;
  }
});

it.each([
  [407, 'wants a user and a password (HTTP status 407)'],
  [403, 'refuses the connection (HTTP status 403)'],
])('say that the proxy answers %i', async (status, what) => {
  const { url } = await openProxy(status);
  const target = { url: `wss://drover.example.com${agentPath}`, ca: undefined };
  const { ended } = connectController({ ...target, proxy: { url, login: null }, limits }, () => undefined);
  expect(await ended).toMatchObject({ message: `the proxy ${url} ${what}`, reason: `proxy status ${status}` });
});

it('say that nothing listens at the proxy', async () => {
  const target = { url: `wss://drover.example.com${agentPath}`, ca: undefined };
  const { ended } = connectController(
    { ...target, proxy: { url: 'http://127.0.0.1:9', login: null }, limits },
    () => undefined,
  );
  expect((await ended).message).toBe('the proxy http://127.0.0.1:9: connection refused: nothing listens there');
});

it('trust the pinned CA alone, and check the name, through the tunnel too', async () => {
  const proxy = { url: (await openProxy()).url, login: null };
  const foreign = await openController('DNS:other.example');
  const wrongName = connectController({ ...foreign, proxy, limits }, () => undefined);
  expect((await wrongName.ended).message).toContain('its certificate is for another name');
  const own = await openController();
  const wrongCa = connectController({ url: own.url, ca: foreign.ca, proxy, limits }, () => undefined);
  expect((await wrongCa.ended).message).toContain('its certificate is from a CA that this host does not trust');
});
