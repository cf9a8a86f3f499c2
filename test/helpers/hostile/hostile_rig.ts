// A controller for tests of misbehaving agents, with an agent beside them that must not notice anything.
import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterAll, beforeAll, expect } from 'vitest';
import { makeId } from '../../../shared/os/ids.js';
import type { AgentFrame } from '../../../shared/wire/protocol.js';
import { makeControllerPlace, type ControllerPlace } from '../controller/controller_process.js';
import { connectPeer, type ProtocolPeer } from '../controller/protocol_peer.js';

export interface HostileRig {
  place: ControllerPlace;
  pid: number;
  /** For `connectPeer`. */
  connection: { url: string; joinToken: string };
  /** The agent of host `quiet` with the tenant `victim`. */
  neighbour: ProtocolPeer;
  /** Asks the API, with the token. */
  ask(path: string, init?: RequestInit): Promise<Response>;
  /** The rows of a table of the store. */
  countRows(table: 'orders' | 'keys'): number;
  /** The neighbour is served, and the API answers. */
  expectUnharmed(): Promise<void>;
}

/** To be called once per file: one controller for all of its tests. */
export function useHostileRig(): () => HostileRig {
  let rig: HostileRig;
  let stop: () => Promise<void>;
  beforeAll(async () => {
    const place = await makeControllerPlace();
    const controller = await place.start();
    const connection = { url: place.agentUrl, joinToken: place.readJoinToken() };
    const neighbour = await connectPeer({ ...connection, host: 'quiet', tenants: ['victim'] });
    stop = async () => {
      neighbour.socket.terminate();
      await controller.end('SIGTERM');
      await place.remove();
    };
    rig = {
      place,
      pid: controller.pid,
      connection,
      neighbour,
      ask: (path, init = {}) =>
        fetch(`${place.url}${path}`, { ...init, headers: { authorization: `Bearer ${place.readToken()}` } }),
      countRows(table) {
        const store = new DatabaseSync(place.storeFile, { readOnly: true });
        const row = store.prepare(`SELECT COUNT(*) AS n FROM ${table}`).get();
        store.close();
        return Number(row?.['n']);
      },
      async expectUnharmed() {
        const answered = once(neighbour.socket, 'pong');
        neighbour.socket.ping();
        await answered;
        expect((await fetch(`${place.url}/healthz`)).status).toBe(200);
      },
    };
  });
  afterAll(() => stop());
  return () => rig;
}

/** Sends frames as fast as the socket takes them; this process has other peers, whose pongs it must see meanwhile. */
export async function sendAll(peer: ProtocolPeer, frames: Iterable<AgentFrame>): Promise<void> {
  let n = 0;
  for (const frame of frames) {
    peer.send(frame);
    n += 1;
    if (n % 100 === 0) await setImmediate();
    while (peer.socket.bufferedAmount > 1024 ** 2) await setImmediate();
  }
}

/** Resolves when all that the peer has sent before was handled. */
export async function settle(peer: ProtocolPeer): Promise<void> {
  const upgrade = makeId();
  peer.send({ type: 'streams', streams: [{ upgrade, events: 1 }] });
  while ((await peer.next('stored')).streams.every((stream) => stream.upgrade !== upgrade));
}
