// Fuzzes the port of a running controller, by strangers and by a host that has joined. TEST_SEED=… repeats a run.
import { once } from 'node:events';
import { connect } from 'node:net';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { makeId } from '../../../shared/os/ids.js';
import { tenantSchema, upgradeSchema } from '../../../shared/wire/api.js';
import {
  makeHello,
  makeReport,
  memberOf,
  openPeer,
  reportedTenant,
  type ProtocolPeer,
} from '../../helpers/controller/protocol_peer.js';
import { makeMember } from '../../helpers/controller/join_host.js';
import { frameOf, makeStream } from '../../helpers/controller/stored_streams.js';
import { hostileBytes, hostileText } from '../../helpers/hostile/hostile_input.js';
import { settle, useHostileRig } from '../../helpers/hostile/hostile_rig.js';
import { countDescriptors } from '../../helpers/hostile/raw_peers.js';
import { isLong, sampleSeed } from '../../helpers/sample_seed.js';

const rig = useHostileRig();
const options = { seed: sampleSeed, numRuns: isLong ? 1000 : 12, interruptAfterTimeLimit: isLong ? 600_000 : 15_000 };

/** What the peer sends reaches the controller, and then it goes away, without a word or as it should. */
async function sendAndLeave(bytes: string, resets: boolean): Promise<void> {
  const socket = connect(Number(new URL(rig().place.url).port), '127.0.0.1').resume();
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  await new Promise((resolve) => socket.write(bytes, 'latin1', resolve));
  if (resets) socket.resetAndDestroy();
  else socket.end();
  await closed;
}

it('lives, whatever bytes come', async () => {
  const before = countDescriptors(rig().pid);
  const batch = fc.array(fc.tuple(hostileBytes, fc.boolean()), { minLength: 1, maxLength: 20 });
  const property = fc.asyncProperty(batch, async (peers) => {
    await Promise.all(peers.map(([bytes, resets]) => sendAndLeave(bytes, resets)));
    await rig().expectUnharmed();
  });
  await fc.assert(property, options);
  // The connections of `fetch` may still be there.
  await expect.poll(() => countDescriptors(rig().pid), { timeout: 15_000 }).toBeLessThanOrEqual(before + 3);
}, 700_000);

const challenge = { type: 'challenge' as const, version: 2, controller: 'c', nonce: 'n'.repeat(43) };
const id = makeId();
const items = makeStream({ id, tenant: 'acme', host: 'fuzz' });
const frames = fc.oneof(
  fc.constantFrom(
    ...['fuzz', 'quiet'].map((host) => makeHello(makeMember(host), challenge, 'ws://127.0.0.1:7400')),
    makeReport([reportedTenant('acme')]),
    makeReport([reportedTenant('victim')]),
    { type: 'streams', streams: [{ upgrade: id, events: 6 }] },
    { type: 'plan_result', request_id: 'p', plan: null, error: null },
    { type: 'answer', request_id: id, upgrade: id, error: null },
    { type: 'answer', request_id: 'a', upgrade: null, error: { code: 'busy', message: 'm', hint: null } },
  ),
  fc.constantFrom(...items.map((item) => frameOf(id, item))),
);
const conversation = fc.tuple(fc.boolean(), fc.array(hostileText(frames), { minLength: 1, maxLength: 15 }));

/** Sends what it has to; resolves when the controller has handled it or has closed the connection. */
async function converse(peer: ProtocolPeer, texts: readonly string[]): Promise<void> {
  for (const text of texts) peer.sendRaw(text);
  const answered = once(peer.socket, 'pong').catch(() => undefined);
  if (peer.socket.readyState === peer.socket.OPEN) peer.socket.ping();
  await Promise.race([answered, peer.closed]);
  await peer.vanish();
}

it('lives, whatever frames come, and a neighbour’s stream arrives whole', async () => {
  const { neighbour, connection } = rig();
  const mine = makeId();
  const stream = makeStream({ id: mine, tenant: 'victim', host: 'quiet', lines: 40, perChunk: 1 });
  neighbour.send({ type: 'streams', streams: [{ upgrade: mine, events: 6 }] });
  let sent = 0;
  const property = fc.asyncProperty(conversation, async ([isGreeted, texts]) => {
    const peer = await openPeer(connection);
    if (isGreeted) {
      await peer.hello({ ...(await memberOf(connection, 'fuzz')), instance: makeId() });
      await Promise.race([peer.next('welcome'), peer.closed]);
    }
    await converse(peer, texts);
    for (const item of stream.slice(sent, sent + 4)) neighbour.send(frameOf(mine, item));
    sent += 4;
    await rig().expectUnharmed();
  });
  await fc.assert(property, { ...options, numRuns: options.numRuns * 4 });
  for (const item of stream.slice(sent)) neighbour.send(frameOf(mine, item));
  await settle(neighbour);
  await expect
    .poll(async () => upgradeSchema.parse(await (await rig().ask(`/api/v1/upgrades/${mine}`)).json()))
    .toMatchObject({ status: 'success', host: 'quiet' });
  const log = await (await rig().ask(`/api/v1/upgrades/${mine}/log`)).text();
  expect(log.match(/line \d+$/gm)).toHaveLength(40);
  expect(tenantSchema.parse(await (await rig().ask('/api/v1/tenants/victim')).json()).host).toBe('quiet');
}, 700_000);
