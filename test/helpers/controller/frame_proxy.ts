// A proxy between agents and a controller: forwards WebSocket frames, and can do to one of them what a bad network does.
import { once } from 'node:events';
import { WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';
import { frameText } from '../../../shared/wire/websocket.js';
import { agentPath } from '../../../shared/wire/protocol.js';

export type Side = 'agent' | 'controller';
/** `drop` loses the frame, `half-open` also all that comes after it, while both sides stay connected. */
export type Fault = 'cut-before' | 'cut-after' | 'duplicate' | 'hold' | 'drop' | 'half-open';

/** A frame's type; `stream` frames are distinguished by what they carry. */
export type FrameKind = string;

export interface Trap {
  /** Resolves when the frame came and this was done to it. */
  sprung: Promise<void>;
  /** Forwards a held frame, and all frames behind it. */
  release(): void;
}

export interface FrameProxy {
  /** Where agents connect to. */
  url: string;
  /** Where the proxy forwards new connections to. */
  setTarget(url: string): void;
  /** Does this, once, to the n-th frame of its kind that comes from this side from now on. */
  trap(wish: { from: Side; kind: FrameKind; nth: number; fault: Fault }): Trap;
  /** Cuts all connections. */
  cut(): void;
  /** Loses all that comes from now on over the connections that are there, while both sides stay connected. */
  deafen(): void;
  close(): Promise<void>;
}

interface Pair {
  sides: Record<Side, WebSocket>;
  /** What waits behind a held frame. */
  held: { from: Side; frames: string[] } | null;
  isDeaf: boolean;
}

interface Armed {
  wish: { from: Side; kind: FrameKind; nth: number; fault: Fault };
  seen: number;
  spring: (pair: Pair) => void;
}

const kindSchema = z.object({ type: z.string(), item: z.record(z.string(), z.unknown()).optional() });
const other = { agent: 'controller', controller: 'agent' } as const;

function kindOf(text: string): FrameKind {
  const { type, item = {} } = kindSchema.parse(JSON.parse(text));
  if (type !== 'stream') return type;
  return 'event' in item ? 'event' : 'output';
}

/** Listens on a port of the loopback interface, a free one by default. */
export async function startFrameProxy(target: string, port = 0): Promise<FrameProxy> {
  const pairs = new Set<Pair>();
  let to = target;
  let armed: Armed | null = null;
  const server = new WebSocketServer({ host: '127.0.0.1', port, perMessageDeflate: false, autoPong: false });
  await once(server, 'listening');

  function cutPair(pair: Pair): void {
    for (const socket of Object.values(pair.sides)) socket.terminate();
  }

  function take(from: Side, text: string): Armed | null {
    const trap = armed;
    if (trap === null || trap.wish.from !== from || trap.wish.kind !== kindOf(text)) return null;
    trap.seen += 1;
    if (trap.seen < trap.wish.nth) return null;
    armed = null;
    return trap;
  }

  function pass(pair: Pair, from: Side, text: string): void {
    if (pair.isDeaf) return;
    if (pair.held?.from === from) {
      pair.held.frames.push(text);
      return;
    }
    const trap = take(from, text);
    const receiver = pair.sides[other[from]];
    if (trap === null) return receiver.send(text);
    const { fault } = trap.wish;
    if (fault === 'half-open') pair.isDeaf = true;
    if (fault === 'hold') pair.held = { from, frames: [text] };
    if (fault === 'duplicate') for (const copy of [text, text]) receiver.send(copy);
    if (fault === 'cut-before') cutPair(pair);
    if (fault === 'cut-after') {
      // Its close frame comes after this one; the sender notices nothing.
      receiver.send(text);
      receiver.close(1012);
      pair.sides[from].terminate();
    }
    trap.spring(pair);
  }

  function join(pair: Pair, side: Side): void {
    const socket = pair.sides[side];
    const peer = pair.sides[other[side]];
    socket.on('message', (data) => pass(pair, side, frameText(data)));
    socket.on('ping', (data) => (pair.isDeaf || peer.readyState !== WebSocket.OPEN ? undefined : peer.ping(data)));
    socket.on('pong', (data) => (pair.isDeaf || peer.readyState !== WebSocket.OPEN ? undefined : peer.pong(data)));
    socket.on('error', () => undefined);
    socket.on('close', (code, reason) => {
      // Half-open: neither end learns that the other has closed.
      if (pair.isDeaf) return;
      if (code === 1006 || code === 1005) peer.terminate();
      else peer.close(code, reason);
    });
  }

  server.on('connection', (agent: WebSocket) => {
    const controller = new WebSocket(to + agentPath, { perMessageDeflate: false, autoPong: false });
    const pair: Pair = { sides: { agent, controller }, held: null, isDeaf: false };
    pairs.add(pair);
    agent.pause();
    controller.once('open', () => agent.resume());
    join(pair, 'agent');
    join(pair, 'controller');
  });

  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the proxy does not listen');
  return {
    url: `ws://127.0.0.1:${address.port}`,
    setTarget(url) {
      to = url;
    },
    trap(wish) {
      let sprungIn: Pair | null = null;
      const sprung = new Promise<void>((resolve) => {
        armed = {
          wish,
          seen: 0,
          spring(pair) {
            sprungIn = pair;
            resolve();
          },
        };
      });
      return {
        sprung,
        release() {
          const held = sprungIn?.held ?? null;
          if (sprungIn === null || held === null) return;
          sprungIn.held = null;
          for (const text of held.frames) sprungIn.sides[other[held.from]].send(text);
        },
      };
    },
    cut() {
      for (const pair of pairs) cutPair(pair);
    },
    deafen() {
      for (const pair of pairs) pair.isDeaf = true;
    },
    async close() {
      for (const pair of pairs) cutPair(pair);
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
