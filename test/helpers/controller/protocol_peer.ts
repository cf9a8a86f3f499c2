// An agent's end of the protocol for tests: it sends what the test wants, also what no agent would send.
import { EventEmitter, once } from 'node:events';
import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import { frameText } from '../../../shared/wire/websocket.js';
import {
  agentPath,
  controllerFrameSchema,
  protocolVersion,
  type AgentFrame,
  type AgentFrameOf,
  type ControllerFrame,
  type ControllerFrameOf,
} from '../../../shared/wire/protocol.js';
import type { Membership } from '../../../agent/store/identity.js';
import { findAuthority, signProof, type HostKey } from '../../../shared/wire/host_proof.js';
import type { Report, ReportedTenant } from '../../../shared/model/report/report.js';
import { joinHost, type JoinPlace } from './join_host.js';

/** A frame of a controller, which may be encoded. */
export function decodeFrame(frame: ControllerFrame | string): ControllerFrame {
  return typeof frame === 'string' ? controllerFrameSchema.parse(JSON.parse(frame)) : frame;
}

export interface ProtocolPeer {
  socket: WebSocket;
  received: ControllerFrame[];
  send(frame: AgentFrame): void;
  /** Sends any data, valid or not. */
  sendRaw(data: string | Buffer): void;
  /** Writes raw bytes to the socket, below the WebSocket protocol. */
  writeBytes(bytes: Buffer): void;
  /** The next frame of this type that no earlier call has returned. */
  next<Type extends ControllerFrame['type']>(type: Type): Promise<ControllerFrameOf<Type>>;
  closed: Promise<{ code: number; reason: string }>;
  /** Proves to be this host, which has joined. */
  hello(host: PeerHost, change?: Partial<AgentFrameOf<'hello'>>): Promise<void>;
  /** Disconnects without a close frame. */
  vanish(): Promise<void>;
}

/** Opens a connection and sends nothing yet. Rejects if it is refused. `onFrame` gets each frame as it comes. */
export async function openPeer({
  url,
  onFrame = () => undefined,
}: {
  url: string;
  onFrame?: (frame: ControllerFrame) => void;
}): Promise<ProtocolPeer> {
  const socket = new WebSocket(`${url}${agentPath}`, { perMessageDeflate: false });
  const received: ControllerFrame[] = [];
  const taken = new Set<ControllerFrame>();
  const changes = new EventEmitter();
  changes.setMaxListeners(0);
  socket.on('message', (data) => {
    const frame = controllerFrameSchema.parse(JSON.parse(frameText(data)));
    received.push(frame);
    onFrame(frame);
    changes.emit('frame');
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once('close', (code, reason) => {
      resolve({ code, reason: reason.toString() });
      changes.emit('frame');
    });
  });
  let wire: Socket | null = null;
  socket.once('upgrade', (response) => {
    wire = response.socket;
  });
  await once(socket, 'open');
  socket.on('error', () => undefined);
  const peer: ProtocolPeer = {
    socket,
    received,
    closed,
    send: (frame) => socket.send(JSON.stringify(frame)),
    sendRaw: (data) => socket.send(data),
    writeBytes: (bytes) => void wire?.write(bytes),
    async next(type) {
      const isIt = (frame: ControllerFrame): frame is ControllerFrameOf<typeof type> =>
        frame.type === type && !taken.has(frame);
      for (;;) {
        const found = received.find(isIt);
        if (found !== undefined) {
          taken.add(found);
          return found;
        }
        if (socket.readyState === WebSocket.CLOSED) throw new Error(`closed before a frame ${type} came`);
        await once(changes, 'frame');
      }
    },
    async hello(host, change = {}) {
      socket.send(JSON.stringify({ ...makeHello(host, await peer.next('challenge'), url), ...change }));
    },
    async vanish() {
      socket.terminate();
      await closed;
    },
  };
  return peer;
}

/** A tenant as an agent reports it. */
export function reportedTenant(slug: string, change: Partial<ReportedTenant> = {}): ReportedTenant {
  const versions = { version: 'v0.1.0', commit: null, detected: false, head: null, drift: null };
  return { slug, ...versions, state: 'idle', hold: null, labels: {}, problems: [], ...change };
}

export function makeReport(tenants: ReportedTenant[]): Report {
  return {
    type: 'report',
    facts: {
      os: 'Debian',
      kernel: '6.1',
      arch: 'x64',
      cpus: 2,
      memory_bytes: 1024 ** 3,
      node: 'v20',
    },
    figures: {
      load_1m: 0.5,
      load_5m: 0.25,
      load_15m: 0.1,
      memory_available_bytes: 1024 ** 3,
      state_disk: { total_bytes: 1024 ** 3, free_bytes: 1024 ** 3 },
      disks: [],
    },
    tenants,
    problems: [],
  };
}

/** A host that has joined. */
export interface PeerHost extends HostKey {
  /** Its process; the same one by default. */
  instance?: string;
}

/** The answer of this host to a challenge, as it dials `url`. */
export function makeHello(
  { instance = 'peer', ...key }: PeerHost,
  { controller, nonce }: ControllerFrameOf<'challenge'>,
  url: string,
): AgentFrameOf<'hello'> {
  const place = { version: protocolVersion, controller, authority: findAuthority(url), nonce };
  return {
    type: 'hello',
    version: protocolVersion,
    key: key.key,
    instance,
    authority: place.authority,
    signature: signProof(key, place, { for: 'hello', instance }),
    agent_version: '0.1.0',
    at: new Date().toISOString(),
  };
}

/** The same key for the same host of the same controller, which it joins when it connects for the first time. */
const joined = new Map<string, Promise<Membership>>();
export function memberOf(place: JoinPlace, host: string): Promise<Membership> {
  const name = `${place.joinToken} ${host}`;
  const member = joined.get(name) ?? joinHost(place, host);
  joined.set(name, member);
  return member;
}

/** Connects, is welcomed, and has reported its tenants. */
export async function connectPeer(
  options: JoinPlace & { host: string; tenants?: string[]; member?: PeerHost },
): Promise<ProtocolPeer> {
  const member = options.member ?? (await memberOf(options, options.host));
  const peer = await openPeer(options);
  await peer.hello(member);
  await peer.next('welcome');
  peer.send(makeReport((options.tenants ?? []).map((slug) => reportedTenant(slug))));
  return peer;
}
