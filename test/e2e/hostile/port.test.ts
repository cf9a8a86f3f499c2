// Peers that nobody knows: nothing that they send ends the controller, and no descriptor of theirs stays.
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { controllerLimits } from '../../../controller/limits.js';
import {
  makeControllerPlace,
  type ControllerPlace,
  type ControllerProcess,
} from '../../helpers/controller/controller_process.js';
import { connectPeer, memberOf, type ProtocolPeer } from '../../helpers/controller/protocol_peer.js';
import { countDescriptors, openRawPeer, upgradeRequest, type RawPeer } from '../../helpers/hostile/raw_peers.js';

let place: ControllerPlace;
let controller: ControllerProcess;
let port: number;
/** An agent that must not notice anything. */
let neighbour: ProtocolPeer;
/** The descriptors of a controller with its one agent. */
let quiet: number;

beforeAll(async () => {
  place = await makeControllerPlace();
  controller = await place.start();
  port = Number(new URL(place.url).port);
  neighbour = await connectPeer({
    url: place.agentUrl,
    joinToken: place.readJoinToken(),
    host: 'web-1',
    tenants: ['acme'],
  });
  await expectHealthy();
  // The socket of the request above may still be closing, and a journal of SQLite may open later.
  quiet = countDescriptors(controller.pid) + 2;
});
afterAll(async () => {
  neighbour.socket.terminate();
  await controller.end('SIGTERM');
  await place.remove();
});

async function expectHealthy(): Promise<void> {
  const answer = await fetch(`${place.url}/healthz`, { headers: { connection: 'close' } });
  expect(answer.status).toBe(200);
  await answer.text();
  expect(neighbour.socket.readyState).toBe(neighbour.socket.OPEN);
}

/** The process lives, and has no more descriptors than before. */
async function expectUnharmed(): Promise<void> {
  await expectHealthy();
  await expect.poll(() => countDescriptors(controller.pid), { timeout: 5000 }).toBeLessThanOrEqual(quiet);
}

const many = (count: number, open: (n: number) => Promise<RawPeer>) =>
  Promise.all(Array.from({ length: count }, (_, n) => open(n)));

describe('an upgrade request', () => {
  it.each(['//[', '//', 'http://[', '//user@[::1', '/%', '/agent/../[', '*', '/agent\u0000', '?', 'http://:0/agent'])(
    'for %j is refused, and the controller lives',
    async (target) => {
      const peer = await openRawPeer(port, upgradeRequest(target));
      await peer.ended;
      expect(peer.received()).toMatch(/^HTTP\/1\.1 40[04] /);
      await expectUnharmed();
    },
  );

  it('that is refused leaves no descriptor, even where its peer resets or stays half-open', async () => {
    const wrong = { 'Sec-WebSocket-Version': '7' };
    const resetting = await many(50, (n) => openRawPeer(port, upgradeRequest(n % 2 === 0 ? '/agent' : '/x', wrong)));
    for (const { socket } of resetting) socket.resetAndDestroy();
    const answered = await many(50, (n) => openRawPeer(port, upgradeRequest(n % 2 === 0 ? '/agent' : '/x', wrong)));
    await Promise.all(answered.map(({ ended }) => ended));
    for (const { received } of answered) expect(received()).toMatch(/^HTTP\/1\.1 4\d\d /);
    for (const { socket } of answered.slice(0, 25)) socket.resetAndDestroy();
    // The rest neither closes nor reads on: the controller does not wait for it.
    await expectUnharmed();
    for (const { socket } of answered) socket.destroy();
  });

  it('with a wrong handshake is refused too', async () => {
    const headers = { 'Sec-WebSocket-Key': 'short' };
    const peer = await openRawPeer(port, upgradeRequest('/agent', headers));
    await peer.ended;
    expect(peer.received()).toMatch(/^HTTP\/1\.1 400 /);
    await expectUnharmed();
  });
});

describe('a stranger', () => {
  it('is closed after 10 s, whether it sends nothing, slow headers, a slow body, or reads no answer', async () => {
    const unread = `GET /docs/static/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n`;
    const beginnings = [
      '',
      'GET /healthz HTTP/1.1\r\nHost: x\r\n',
      'POST /api/v1/tenants/acme/upgrade HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{',
      upgradeRequest('/agent').slice(0, -2),
      unread,
    ];
    const peers = await Promise.all(beginnings.map((bytes) => openRawPeer(port, bytes)));
    const dripping = setInterval(() => peers[1]?.socket.write('X-A: b\r\n'), 500);
    peers[4]?.socket.pause();
    await Promise.all(peers.slice(0, 4).map(({ ended }) => ended));
    for (const { received } of peers.slice(0, 4)) expect(received()).not.toMatch(/ 20\d /);
    clearInterval(dripping);
    await expectUnharmed();
    for (const { socket } of peers) socket.destroy();
  }, 30_000);

  it('gets its answer and no second request on the same connection', async () => {
    const peer = await openRawPeer(port, 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(3));
    await peer.ended;
    expect(peer.received().match(/HTTP\/1\.1 200/g)).toHaveLength(1);
    await expectUnharmed();
  });

  it.each([
    ['no HTTP', '\u0016\u0003\u0001hello'],
    ['more than 16 KiB of headers', `GET /healthz HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`],
    ['CONNECT', 'CONNECT //[ HTTP/1.1\r\nHost: x\r\n\r\n'],
    [
      'an endless chunk',
      'POST /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n',
    ],
    ['a malformed path', 'GET /%E0%A4%A HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['two lengths', 'POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
    [
      'a body that it need not have sent',
      `POST /api/v1/tenants/a/plan HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n`,
    ],
  ])('that sends %s is refused', async (_what, bytes) => {
    const peer = await openRawPeer(port, bytes);
    await peer.ended;
    expect(peer.received()).not.toMatch(/ 200 /);
    peer.socket.destroy();
    await expectUnharmed();
  });

  it('is turned away where too many wait, and an agent gets in once those have had their turn', async () => {
    const { max } = controllerLimits.strangers;
    const joining = { url: place.agentUrl, joinToken: place.readJoinToken() };
    const options = { ...joining, host: 'web-2', member: await memberOf(joining, 'web-2') };
    let ended = 0;
    const held = await many(max + 200, () => openRawPeer(port, 'GET /'));
    for (const peer of held) void peer.ended.then(() => (ended += 1));
    await expect.poll(() => countDescriptors(controller.pid), { timeout: 3000 }).toBeLessThanOrEqual(quiet + max);
    await expect.poll(() => ended, { timeout: 3000 }).toBeGreaterThanOrEqual(200);
    const late = await vi.waitFor(() => connectPeer(options), { timeout: 6000, interval: 200 });
    late.socket.terminate();
    for (const { socket } of held) socket.destroy();
    await expectUnharmed();
  });

  it('cannot fill the log', async () => {
    const before = controller.log.length;
    const line = `GET /${'x'.repeat(10_000)} HTTP/1.1\r\nHost: x\r\n\r\n`;
    for (let round = 0; round < 10; round += 1) {
      const peers = await many(40, (n) =>
        openRawPeer(port, n % 2 === 0 ? line : upgradeRequest('/agent', { Authorization: 'Bearer before-keys' })),
      );
      await Promise.all(peers.map(({ ended }) => ended));
      for (const { socket } of peers) socket.destroy();
    }
    await expectUnharmed();
    const lines = controller.log.slice(before);
    expect(lines.length).toBeLessThanOrEqual(2 * controllerLimits.refusalLines.max + 10);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(2000);
  });
});
