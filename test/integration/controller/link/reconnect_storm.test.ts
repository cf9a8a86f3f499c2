// Hundreds of agents that come back to a controller at once, more than it lets wait.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hashToken } from '../../../../controller/auth/token.js';
import { makeHostKey } from '../../../../shared/wire/host_proof.js';
import { createDoor } from '../../../../shared/wire/door.js';
import { systemClock } from '../../../../shared/os/clock.js';
import { startRig, type ControllerRig } from '../../../helpers/controller/controller_rig.js';
import { findFixedPort } from '../../../helpers/free_port.js';
import { openPeer, type PeerHost, type ProtocolPeer } from '../../../helpers/controller/protocol_peer.js';

const count = 500;
const hosts = new Map<string, PeerHost>();
let rig: ControllerRig;
let port: number;

const start = (storeFile?: string) =>
  startRig({
    port,
    ...(storeFile === undefined ? {} : { storeFile }),
    // Far fewer than come.
    door: createDoor({ waitingMs: 60_000, waiting: 100, turnMs: 3000, waitingOfAddress: 100 }, () =>
      systemClock.monotonicMs(),
    ),
  });

/** As soon as it may, over as many connections as that takes. */
async function connect(member: PeerHost): Promise<ProtocolPeer> {
  for (;;) {
    try {
      const peer = await openPeer(rig);
      await peer.hello(member);
      await peer.next('welcome');
      return peer;
    } catch {
      // Turned away: too many wait.
    }
  }
}

async function connectAll(): Promise<ProtocolPeer[]> {
  const peers = await Promise.all([...hosts.values()].map(connect));
  expect(rig.core.link.count()).toBe(count);
  return peers;
}

beforeEach(async () => {
  port = await findFixedPort();
  rig = await start();
  const tokenHash = hashToken(rig.joinToken);
  const at = new Date().toISOString();
  for (let n = 0; n < count; n += 1) hosts.set(`h${n}`, { ...makeHostKey(), instance: `h${n}` });
  const enrol = ([host, { key }]: [string, PeerHost]) =>
    rig.core.store.joins.enroll({ tokenHash, host, key, address: '', at });
  await Promise.all([...hosts].map(enrol));
});

afterEach(() => rig.close());

describe('a controller that starts again', () => {
  it(`welcomes each of ${count} agents that come at once, and refuses no key`, async () => {
    const first = await connectAll();
    // Their lines broke without a word: it has the older connections yet.
    const before = await connectAll();
    expect(new Set((await Promise.all(first.map(({ closed }) => closed))).map(({ code }) => code))).toEqual(
      new Set([1006]),
    );
    const cut = Promise.all(before.map(({ closed }) => closed));
    await rig.close({ keepStore: true });
    await cut;
    rig = await start(rig.storeFile);
    await connectAll();
    const { items } = await rig.fleet.listHosts({ limit: 1000 });
    expect(items).toHaveLength(count);
    expect(items.filter(({ state, key_state: key }) => state !== 'connected' || key !== 'active')).toEqual([]);
  });
});
