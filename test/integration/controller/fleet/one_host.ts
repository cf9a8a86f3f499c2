// A controller and one host with the tenant acme, whose agent's end is in the test's hands; made anew for each test.
import { afterEach, beforeEach } from 'vitest';
import { upgradeBodySchema, type Upgrade } from '../../../../shared/wire/api.js';
import { makeId } from '../../../../shared/os/ids.js';
import { startRig, type ControllerRig } from '../../../helpers/controller/controller_rig.js';
import { connectPeer, type ProtocolPeer } from '../../../helpers/controller/protocol_peer.js';
import { frameOf, makeStream } from '../../../helpers/controller/stored_streams.js';

export interface OneHost {
  rig: ControllerRig;
  peer: ProtocolPeer;
  connect(): Promise<void>;
  /** Returns once all that the peer has sent is taken in. */
  settled(): Promise<void>;
  goAway(): Promise<void>;
  /** Stops the controller, and starts it on the same store. */
  restart(): Promise<void>;
  ask(wish?: object, key?: string): Promise<Upgrade>;
  look(id: string): Promise<{ status: string; state: string }>;
  /** Sends the stream of an upgrade: its first `count` items, or all of it, after the first `from`; then it is stored. */
  send(id: string, count?: number, from?: number): Promise<void>;
}

export function useOneHost(): OneHost {
  let rig: ControllerRig;
  let peer: ProtocolPeer;

  async function connect(): Promise<void> {
    peer = await connectPeer({ ...rig, host: 'h1', tenants: ['acme'] });
    await settled();
  }

  /** What was said before this is answered was taken in before. */
  async function settled(): Promise<void> {
    peer.send({ type: 'streams', streams: [{ upgrade: makeId(), events: 1 }] });
    await peer.next('stored');
  }

  beforeEach(async () => {
    rig = await startRig();
    await connect();
  });
  afterEach(() => rig.close());

  return {
    get rig() {
      return rig;
    },
    get peer() {
      return peer;
    },
    connect,
    settled,
    async goAway() {
      rig.log.lines.length = 0;
      await peer.vanish();
      await rig.log.waitFor('a host has disconnected');
    },
    async restart() {
      await rig.close({ keepStore: true });
      rig = await startRig({ storeFile: rig.storeFile });
    },
    ask: (wish = {}, key) => rig.fleet.upgrade('acme', upgradeBodySchema.parse({ version: 'v0.2.0', ...wish }), key),
    async look(id) {
      const { status, delivery } = await rig.fleet.findUpgrade(id);
      return { status, state: delivery.state };
    },
    async send(id, count, from = 0) {
      const stream = makeStream({ id, tenant: 'acme', host: 'h1' }).slice(from, count);
      peer.send({ type: 'streams', streams: [{ upgrade: id, events: 6 }] });
      await peer.next('stored');
      for (const item of stream) peer.send(frameOf(id, item));
      if (count === undefined) await peer.next('stored');
      // The last item is sent to followers only once it is stored.
      else await rig.fleet.followStream(id, count - 1, AbortSignal.timeout(10_000)).next();
    },
  };
}
