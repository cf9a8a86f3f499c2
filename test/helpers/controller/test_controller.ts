// A controller for tests that speaks the protocol over real sockets, and stores what agents send in memory.
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import { uuidv7 } from 'uuidv7';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Event } from '../../../shared/model/journal/events.js';
import { frameText } from '../../../shared/wire/websocket.js';
import {
  agentFrameSchema,
  agentPath,
  protocolVersion,
  type AgentFrame,
  type AgentFrameOf,
  type ControllerFrame,
  type Position,
} from '../../../shared/wire/protocol.js';
import { applyChanges } from '../../../shared/model/report/report_changes.js';
import { deriveResult } from '../../../shared/model/journal/derive_result.js';
import type { Result } from '../../../shared/model/result.js';
import { testControllerId } from './join_host.js';

/** What is stored of an upgrade. */
export interface StoredStream {
  events: Event[];
  outputs: Map<string, { end: number; text: string }>;
  /** False once an event or a piece of output came out of order. */
  seamless: boolean;
}

export interface AgentLink {
  socket: WebSocket;
  /** All frames that came over it, in order. */
  frames: AgentFrame[];
  /** Set once it is closed. */
  closed: { code: number; reason: string } | null;
}

export interface TestController {
  /** For agent.yaml. */
  agentKeys: { controller: Record<string, unknown> };
  url: string;
  streams: Map<string, StoredStream>;
  links: AgentLink[];
  /** Returns once it is so. Checks after every frame, and whenever a connection opens or closes. */
  until(isSo: () => boolean): Promise<void>;
  /** Sends to the agent that is connected. */
  send(frame: ControllerFrame): void;
  /** Sends a request and returns the agent's answer to it. */
  ask(
    frame: Exclude<ControllerFrame, { type: 'welcome' | 'stored' | 'challenge' | 'enrolled' | 'rotated' }>,
  ): Promise<AgentFrameOf<'answer' | 'plan_result'>>;
  /** Offers an upgrade, and returns its id with the answer. */
  offer(wish: Offer): Promise<{ id: string; answer: AgentFrameOf<'answer' | 'plan_result'> }>;
  /** The result of an upgrade once its stream has ended for the n-th time. */
  result(id: string, finishes?: number): Promise<Result>;
  /** What was reported, as it was after each frame with a report or changes of it. */
  reports(): AgentFrameOf<'report'>[];
  close(): Promise<void>;
}

type Offer = Partial<Extract<ControllerFrame, { type: 'upgrade' }>['request']> & {
  id?: string;
  tenant?: string;
  startWithinMs?: number;
};

export interface TestControllerOptions {
  /** Called with each frame before it is stored; false drops it and cuts the connection. */
  admits?: (frame: AgentFrame, link: AgentLink) => boolean;
  /** Whether an agent is welcomed; it is without this. */
  welcomes?: boolean;
  /** PEM; without them the controller speaks plain HTTP. */
  tls?: { key: string; cert: string };
  /** The id that it says it has. */
  id?: string;
}

/** Nobody checks what is signed. */
const nonce = 'n'.repeat(42) + 'A';
const noWish = { version: null, force: false, allow_downgrade: false, from: null, commit: null };

/** Listens on a free port of the loopback interface. */
export async function startTestController(options: TestControllerOptions = {}): Promise<TestController> {
  const { admits = () => true, welcomes = true, tls, id = testControllerId } = options;
  const server = tls === undefined ? http.createServer() : https.createServer(tls);
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: 4 * 1024 ** 2 });
  const watchers = new Set<() => void>();
  const look = () => {
    for (const watcher of watchers) watcher();
  };
  const controller: TestController = {
    url: '',
    agentKeys: { controller: {} },
    streams: new Map(),
    links: [],
    until(isSo) {
      return new Promise((resolve) => {
        const watcher = () => {
          if (!isSo()) return;
          watchers.delete(watcher);
          resolve();
        };
        watchers.add(watcher);
        watcher();
      });
    },
    send(frame) {
      const link = controller.links.findLast(({ closed }) => closed === null);
      if (link === undefined) throw new Error('no agent is connected');
      link.socket.send(JSON.stringify(frame));
    },
    async ask(frame) {
      const id = frame.type === 'upgrade' ? frame.id : frame.request_id;
      const find = () =>
        controller.links
          .flatMap(({ frames }) => frames)
          .flatMap((sent) => (sent.type === 'answer' || sent.type === 'plan_result' ? [sent] : []))
          .filter((sent) => sent.request_id === id);
      const before = find().length;
      controller.send(frame);
      await controller.until(() => find().length > before);
      const answer = find().at(-1);
      if (answer === undefined) throw new Error('no answer');
      return answer;
    },
    async offer({ id = uuidv7(), tenant = 'testsite', startWithinMs = 3_600_000, ...wish }) {
      const request = { ...noWish, ...wish };
      const answer = await controller.ask({ type: 'upgrade', id, tenant, request, start_within_ms: startWithinMs });
      return { id, answer };
    },
    async result(id, finishes = 1) {
      const events = () => controller.streams.get(id)?.events ?? [];
      await controller.until(() => events().filter(({ type }) => type === 'finish').length >= finishes);
      return deriveResult(events());
    },
    reports: () =>
      controller.links.flatMap(({ frames }) => {
        const whole: AgentFrameOf<'report'>[] = [];
        for (const frame of frames) {
          const before = whole.at(-1);
          if (frame.type === 'report') whole.push(frame);
          if (frame.type === 'report_changes' && before !== undefined) whole.push(applyChanges(before, frame));
        }
        return whole;
      }),
    async close() {
      for (const socket of sockets.clients) socket.terminate();
      server.close();
      server.closeAllConnections();
    },
  };

  server.on('upgrade', (request, socket, head) => {
    if (request.url !== agentPath) {
      socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (accepted) => serve(accepted));
  });

  function serve(socket: WebSocket): void {
    const link: AgentLink = { socket, frames: [], closed: null };
    controller.links.push(link);
    socket.on('error', () => undefined);
    socket.on('close', (code, reason) => {
      link.closed = { code, reason: reason.toString() };
      look();
    });
    socket.on('message', (data) => {
      if (link.closed !== null) return;
      const frame = agentFrameSchema.parse(JSON.parse(frameText(data)));
      if (!admits(frame, link)) {
        link.closed = { code: 1006, reason: 'cut by the test' };
        socket.terminate();
        look();
        return;
      }
      link.frames.push(frame);
      const reply = answer(frame);
      if (reply !== null) socket.send(JSON.stringify(reply));
      look();
    });
    socket.send(JSON.stringify({ type: 'challenge', version: protocolVersion, controller: id, nonce }));
    look();
  }

  function answer(frame: AgentFrame): ControllerFrame | null {
    if (frame.type === 'hello') return welcomes ? { type: 'welcome', version: frame.version, host: 'test-host' } : null;
    if (frame.type === 'stream') {
      store(frame);
      const last = 'event' in frame.item && frame.item.event.type === 'finish';
      return last ? { type: 'stored', streams: [positionOf(frame.upgrade)] } : null;
    }
    if (frame.type !== 'streams') return null;
    const wanted = frame.streams.filter(({ upgrade, events }) => positionOf(upgrade).events < events);
    return { type: 'stored', streams: wanted.map(({ upgrade }) => positionOf(upgrade)) };
  }

  function streamOf(upgrade: string): StoredStream {
    const stream = controller.streams.get(upgrade) ?? { events: [], outputs: new Map(), seamless: true };
    controller.streams.set(upgrade, stream);
    return stream;
  }

  function positionOf(upgrade: string): Position {
    const { events, outputs } = controller.streams.get(upgrade) ?? { events: [], outputs: new Map() };
    const ended = new Set(events.flatMap((event) => (event.type === 'exit' ? [event.key] : [])));
    const open = [...outputs].filter(([key]) => !ended.has(key));
    return { upgrade, events: events.length, outputs: Object.fromEntries(open.map(([key, { end }]) => [key, end])) };
  }

  function store({ upgrade, item }: AgentFrameOf<'stream'>): void {
    const stream = streamOf(upgrade);
    if ('event' in item) {
      if (item.event.n !== stream.events.length + 1) stream.seamless = false;
      stream.events.push(item.event);
      return;
    }
    const { output } = item;
    const { end, text } = stream.outputs.get(output.key) ?? { end: 0, text: '' };
    if (output.at !== end) stream.seamless = false;
    stream.outputs.set(output.key, { end: output.next, text: text + output.text });
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : address;
  controller.url = `${tls === undefined ? 'ws' : 'wss'}://127.0.0.1:${port}`;
  controller.agentKeys = { controller: { url: controller.url } };
  return controller;
}
