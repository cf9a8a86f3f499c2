// One agent's session: its frames in order, from `hello` on. What breaks the protocol closes it, and nothing else.
import type { WebSocket } from 'ws';
import { AppError, toAppError } from '../../shared/errors.js';
import { frameText } from '../../shared/wire/frame_text.js';
import {
  agentFrameSchema,
  agreeVersion,
  closeCodes,
  protocolVersion,
  type AgentFrame,
  type AgentFrameOf,
  type ControllerFrame,
} from '../../shared/wire/protocol.js';
import type { Log } from '../../shared/os/log.js';
import type { IncomingStream } from '../store/port.js';
import type { AgentEvents } from '../fleet/agent_events.js';
import type { Requests } from './requests.js';

/** A peer that reads so slowly is dropped; it gets all of it again when it is back. */
const maxUnsentBytes = 1024 ** 2;
/** With so much on its way to the store, no more is read from the agent; and from so little on again. */
const maxUnstoredBytes = 4 * 1024 ** 2;
const fewUnstoredBytes = 1024 ** 2;

export interface AgentSessionOptions {
  socket: WebSocket;
  events: AgentEvents;
  requests: Requests;
  log: Log;
  /** Takes the host's place; false where another agent of that name has it. */
  register: (host: string) => Promise<boolean>;
}

export interface AgentSession {
  /** Null until it has said who it is. */
  host(): string | null;
  send(frame: ControllerFrame): void;
  close(code: number, reason: string): void;
}

/** Serves the agent at the other end of `socket` until that closes. */
export function createAgentSession({ socket, events, requests, log, register }: AgentSessionOptions): AgentSession {
  const streams = new Map<string, IncomingStream>();
  /** Of these the store is being asked. */
  const opening = new Set<string>();
  /** Streams of upgrades that this host may not tell of; the rest of them is passed over. */
  const ignored = new Set<string>();
  let host: string | null = null;
  let isGreeting = false;
  let unstoredBytes = 0;

  const session: AgentSession = {
    host: () => host,
    send(frame) {
      socket.send(JSON.stringify(frame));
      if (socket.bufferedAmount > maxUnsentBytes) drop('it reads too slowly');
    },
    close: (code, reason) => socket.close(code, reason),
  };

  function drop(why: string): void {
    log.warn({ host, why }, 'an agent was dropped');
    socket.terminate();
  }

  function fail(thrown: unknown): void {
    const error = toAppError(thrown);
    const isTheirs = error.code === 'protocol';
    log.warn({ host, err: error }, isTheirs ? 'an agent broke the protocol' : 'what an agent said could not be stored');
    // A reason has at most 123 bytes (RFC 6455, section 5.5).
    socket.close(isTheirs ? closeCodes.policyViolation : closeCodes.tryAgainLater, error.message.slice(0, 100));
  }

  async function greet(hello: AgentFrameOf<'hello'>): Promise<void> {
    const version = agreeVersion(hello.version);
    if (version === null) {
      const spoken = `${protocolVersion}${protocolVersion > 1 ? ` and ${protocolVersion - 1}` : ''}`;
      log.warn({ host: hello.host, version: hello.version }, 'an agent speaks a version that is not spoken here');
      socket.close(closeCodes.version, `protocol ${hello.version} is not spoken here, but ${spoken}`);
      return;
    }
    if (!(await register(hello.host))) {
      socket.close(closeCodes.duplicate, 'another agent of this host name is connected');
      return;
    }
    await events.connect(hello, version);
    if (socket.readyState !== socket.OPEN) return;
    host = hello.host;
    session.send({ type: 'welcome', version });
    await events.welcome(host);
  }

  async function askForWanted(from: string, announced: AgentFrameOf<'streams'>['streams']): Promise<void> {
    // One that is open goes on by itself; one that is being opened is asked for once.
    const fresh = announced.filter(({ upgrade }) => !streams.has(upgrade) && !opening.has(upgrade));
    for (const { upgrade } of fresh) opening.add(upgrade);
    try {
      const wanted = await events.findWanted(from, fresh);
      if (wanted.length === 0) return;
      const opened = await Promise.all(wanted.map((upgrade) => events.openStream(from, upgrade)));
      for (const stream of opened) streams.set(stream.position().upgrade, stream);
      session.send({ type: 'stored', streams: opened.map((stream) => stream.position()) });
    } finally {
      for (const { upgrade } of fresh) opening.delete(upgrade);
    }
  }

  function store({ upgrade, item }: AgentFrameOf<'stream'>, bytes: number): void {
    if (ignored.has(upgrade)) return;
    const stream = streams.get(upgrade);
    if (stream === undefined) throw new AppError('protocol', `a stream that was not asked for: ${upgrade}`);
    const isEnd = 'event' in item && item.event.type === 'finish';
    // From here on the upgrade may be announced again, as one that goes on.
    if (isEnd) streams.delete(upgrade);
    hold(bytes);
    stream
      .add(item)
      .then(() => (isEnd ? session.send({ type: 'stored', streams: [stream.position()] }) : undefined))
      .catch((error: unknown) => ignoreOrFail(upgrade, error))
      .finally(() => hold(-bytes));
  }

  function ignoreOrFail(upgrade: string, error: unknown): void {
    if (toAppError(error).code !== 'forbidden') return fail(error);
    if (!ignored.has(upgrade)) log.warn({ host, upgrade, err: error }, 'a stream is not taken from this host');
    ignored.add(upgrade);
  }

  function hold(bytes: number): void {
    unstoredBytes += bytes;
    if (unstoredBytes > maxUnstoredBytes) socket.pause();
    else if (socket.isPaused && unstoredBytes < fewUnstoredBytes) socket.resume();
  }

  function handle(frame: AgentFrame, bytes: number): Promise<void> | void {
    if (frame.type === 'hello') {
      if (isGreeting) throw new AppError('protocol', 'a second hello');
      isGreeting = true;
      return greet(frame);
    }
    if (host === null) throw new AppError('protocol', `a frame ${frame.type} before the welcome`);
    switch (frame.type) {
      case 'report':
        return events.report(host, frame);
      case 'streams':
        return askForWanted(host, frame.streams);
      case 'stream':
        return store(frame, bytes);
      case 'plan_result':
        return requests.settle(host, frame);
      default:
        requests.settle(host, frame);
        return events.answer(host, frame);
    }
  }

  socket.on('message', (data) => {
    if (socket.readyState !== socket.OPEN) return;
    try {
      const text = frameText(data);
      const handled = handle(parseFrame(text), text.length);
      handled?.catch(fail);
    } catch (error) {
      fail(error);
    }
  });
  socket.on('error', (error) => log.warn({ host, err: error }, 'an agent’s connection failed'));
  return session;
}

function parseFrame(text: string): AgentFrame {
  let parsed: ReturnType<typeof agentFrameSchema.safeParse>;
  try {
    parsed = agentFrameSchema.safeParse(JSON.parse(text));
  } catch {
    // No JSON, or nested so deep that the stack ends.
    throw new AppError('protocol', 'not a frame: no JSON that can be read');
  }
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new AppError('protocol', `not a frame: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`);
}
