// A controller that is killed again and again, with one host that the test plays, and the API as plain requests.
import { expect } from 'vitest';
import { z } from 'zod';
import { makeId } from '../../../shared/os/ids.js';
import type { ControllerFrameOf } from '../../../shared/wire/protocol.js';
import type { StreamItem } from '../../../shared/model/journal/stream_item.js';
import { makeControllerPlace, type ControllerProcess } from '../../helpers/controller/controller_process.js';
import { connectPeer, type ProtocolPeer } from '../../helpers/controller/protocol_peer.js';
import { frameOf, makeStream } from '../../helpers/controller/stored_streams.js';

const host = 'h1';

const bodySchema = z.record(z.string(), z.unknown());

interface Answer {
  status: number;
  body: Record<string, unknown>;
}

type Asking = Omit<RequestInit, 'headers'> & { headers?: Record<string, string> };

type Asked = 'upgrade' | 'rollback' | 'resume' | 'mark' | 'cancel' | 'plan';

export type KilledController = Awaited<ReturnType<typeof openKilledController>>;

/** Starts it. It knows the host and these tenants of it; the host is offline. */
// oxlint-disable-next-line max-lines-per-function -- a factory: its closures are the methods
export async function openKilledController(tenants: readonly string[]) {
  const place = await makeControllerPlace();
  let controller: ControllerProcess = await place.start();
  /** The agent of the host; null while the host is offline. */
  let peer: ProtocolPeer | null = null;

  const open = (path: string, init: Asking = {}) =>
    fetch(`${place.url}/api/v1${path}`, {
      ...init,
      headers: { authorization: `Bearer ${place.readToken()}`, 'content-type': 'application/json', ...init.headers },
    });

  async function ask(path: string, init: Asking = {}): Promise<Answer> {
    const response = await open(path, init);
    return { status: response.status, body: bodySchema.parse(await response.json()) };
  }

  const post = (path: string, body: object, headers: Record<string, string> = {}) =>
    ask(path, { method: 'POST', body: JSON.stringify(body), headers });

  const upgrade = (tenant: string, headers: Record<string, string> = {}) =>
    post(`/tenants/${tenant}/upgrade`, { version: 'v0.2.0' }, headers);
  const look = async (id: string) => (await ask(`/upgrades/${id}`)).body;

  function connected(): ProtocolPeer {
    if (peer === null) throw new Error('the host is offline');
    return peer;
  }

  /** Connects the host; returns once what it was owed has been sent to it. */
  async function connect(): Promise<ProtocolPeer> {
    peer = await connectPeer({ url: place.agentUrl, joinToken: place.readJoinToken(), host, tenants: [...tenants] });
    await settle();
    return peer;
  }

  /** What was said before this is answered was taken in before. */
  async function settle(): Promise<void> {
    connected().send({ type: 'streams', streams: [{ upgrade: makeId(), events: 1 }] });
    await connected().next('stored');
  }

  async function disconnect(): Promise<void> {
    await peer?.vanish();
    peer = null;
    await expect.poll(async () => (await ask(`/hosts/${host}`)).body['state']).toBe('offline');
  }

  /** Kills the controller, and starts the next one; the host stays offline. */
  async function kill(): Promise<void> {
    await controller.end('SIGKILL');
    await peer?.closed;
    peer = null;
    controller = await place.start();
  }

  /** What the host is sent about a tenant when it connects. */
  async function listOwed(tenant: string): Promise<string[]> {
    const { received } = await connect();
    const owed = received.flatMap((frame) => ('tenant' in frame && frame.tenant === tenant ? [frame.type] : []));
    await disconnect();
    return owed;
  }

  async function sendStream(id: string, items: readonly StreamItem[], events = 6): Promise<void> {
    connected().send({ type: 'streams', streams: [{ upgrade: id, events }] });
    await connected().next('stored');
    for (const item of items) connected().send(frameOf(id, item));
  }

  /** An upgrade of the tenant that has ended, begun by the host itself. */
  async function endUpgrade(tenant: string): Promise<string> {
    const id = makeId();
    await connect();
    await sendStream(id, makeStream({ id, tenant, host }));
    await connected().next('stored');
    return id;
  }

  /** The next request of this kind that the host gets about the tenant: it also gets what other tests have left. */
  async function nextOf<Kind extends Asked>(kind: Kind, tenant: string): Promise<ControllerFrameOf<Kind>> {
    for (;;) {
      const frame = await connected().next(kind);
      if ('tenant' in frame && frame.tenant === tenant) return frame;
    }
  }

  /** Answers it; returns its id. */
  async function answerNext(
    kind: Exclude<Asked, 'plan'>,
    tenant: string,
    { upgrade, code }: { upgrade: string | null; code?: string },
  ): Promise<string> {
    const frame = await nextOf(kind, tenant);
    const id = 'request_id' in frame ? frame.request_id : frame.id;
    const error = code === undefined ? null : { code, message: 'not here', hint: null };
    connected().send({ type: 'answer', request_id: id, upgrade, error });
    return id;
  }

  /** The host connects no longer. May be called again. */
  async function leave(): Promise<void> {
    await peer?.vanish();
    peer = null;
  }

  await connect();
  await kill();
  return {
    open,
    ask,
    post,
    upgrade,
    look,
    connect,
    connected,
    disconnect,
    leave,
    kill,
    listOwed,
    sendStream,
    endUpgrade,
    nextOf,
    answerNext,
    /** Another host connects. */
    async welcome(name: string) {
      peer = await connectPeer({ url: place.agentUrl, joinToken: place.readJoinToken(), host: name });
    },
    async close() {
      await controller.end('SIGKILL');
      await place.remove();
    },
  };
}
