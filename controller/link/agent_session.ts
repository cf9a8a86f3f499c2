// One agent's session: handles its frames in order, from `hello` on. A protocol error closes only this session.
import type { z } from 'zod';
import { AppError, toAppError } from '../../shared/errors.js';
import { closeWebSocket, frameText, isOpen, type RawData, type WebSocket } from '../../shared/wire/websocket.js';
import {
  agentFrameSchema,
  agreeVersion,
  closeCodes,
  encodeFrame,
  protocolVersion,
  type AgentFrame,
  type AgentFrameOf,
  type ControllerFrame,
  type WaitingState,
} from '../../shared/wire/protocol.js';
import { sharedLimits } from '../../shared/limits.js';
import { controllerLimits } from '../limits.js';
import type { Clock } from '../../shared/os/clock.js';
import type { Log } from '../../shared/os/log.js';
import type { Conduct } from './conduct.js';
import type { FrameQueue } from './frame_queue.js';
import { createReportIntake } from './report_intake.js';
import { createSocketFlow } from './socket_flow.js';
import { createStreamIntake } from './stream_intake.js';
import type { AgentEvents } from '../fleet/agent_events.js';
import type { Requests } from './requests.js';

export interface AgentSessionOptions {
  socket: WebSocket;
  events: AgentEvents;
  requests: Requests;
  clock: Clock;
  log: Log;
  /** Of all agents. */
  frames: FrameQueue;
  conduct: Conduct;
  /** Where the connection comes from. */
  address: string;
  /** Registers the session under its host name; false while another live agent has that name. */
  register: (host: string) => Promise<boolean>;
}

export interface AgentSession {
  /** Null until its `hello` is accepted. */
  host(): string | null;
  /** How far the host says that an upgrade is which has not begun; null where it has not said. */
  stateOf(upgrade: string): WaitingState | null;
  send(frame: ControllerFrame): void;
  close(code: number, reason: string): void;
  /** Ends it at once, without a close frame. May be called again. */
  end(): void;
}

/** Serves the agent at the other end of `socket` until that closes. */
// oxlint-disable-next-line max-lines-per-function -- the closures over one socket are the session's methods
export function createAgentSession(options: AgentSessionOptions): AgentSession {
  const { socket, events, requests, clock, log, conduct } = options;
  let host: string | null = null;
  /** The name for its conduct: what the agent calls itself, and where it is. */
  let agent: string | null = null;
  let isOver = false;
  const waiting = new Map<string, WaitingState>();

  const session: AgentSession = {
    host: () => host,
    stateOf: (upgrade) => waiting.get(upgrade) ?? null,
    send(frame) {
      socket.send(encodeFrame(frame));
      if (socket.bufferedAmount > controllerLimits.unsentToAgent.max) drop('it reads too slowly');
    },
    close(code, reason) {
      stop();
      closeWebSocket(socket, { code, reason });
    },
    end() {
      stop();
      socket.terminate();
    },
  };

  function stop(): void {
    isOver = true;
    inbox.end();
    reports.end();
  }

  function drop(why: string): void {
    log.warn({ host, why }, 'an agent was dropped');
    session.end();
  }

  function fail(thrown: unknown): void {
    if (isOver) return;
    const isTheirs = thrown instanceof AppError && thrown.code === 'protocol';
    const what = isTheirs ? 'an agent broke the protocol' : 'the frame of an agent could not be stored';
    log.warn({ host, agent, err: thrown }, what);
    if (!isTheirs) {
      return session.close(closeCodes.tryAgainLater, `the frame was not stored: ${toAppError(thrown).code}`);
    }
    if (agent !== null) conduct.blame(agent);
    session.close(closeCodes.policyViolation, thrown.message);
  }

  const flow = createSocketFlow(socket);
  const intake = createStreamIntake({ flow, events, log, send: (frame) => session.send(frame), fail });
  const store = async (report: AgentFrameOf<'report'>) => (host === null ? undefined : events.report(host, report));
  const reports = createReportIntake({ clock, store, fail });

  async function greet(hello: AgentFrameOf<'hello'>): Promise<void> {
    agent = `${hello.host} at ${options.address}`;
    const waitMs = conduct.findWaitMs(agent);
    if (waitMs > 0) {
      const seconds = Math.ceil(waitMs / 1000);
      return session.close(closeCodes.tryAgainLater, `it broke the protocol again and again; wait ${seconds} s`);
    }
    const version = agreeVersion(hello.version);
    if (version === null) return session.close(closeCodes.version, explainVersion(hello, log));
    if (!(await options.register(hello.host))) {
      return session.close(closeCodes.duplicate, 'another agent of this host name is connected');
    }
    await events.connect(hello, version);
    if (!isOpen(socket)) return;
    host = hello.host;
    session.send({ type: 'welcome', version });
    await events.welcome(host);
  }

  function handle(frame: AgentFrame, bytes: number): Promise<void> | void {
    if (frame.type === 'hello') {
      if (agent !== null) throw new AppError('protocol', 'a second hello');
      return greet(frame);
    }
    if (host === null) throw new AppError('protocol', `a frame ${frame.type} before the welcome`);
    switch (frame.type) {
      case 'report':
        return reports.take(frame);
      case 'streams':
        return intake.announce(host, frame.streams);
      case 'stream':
        return intake.store(host, frame, bytes);
      case 'state':
        return noteWaiting(waiting, frame);
      case 'plan_result':
        return requests.settle(host, frame);
      default:
        requests.settle(host, frame);
        return events.answer(host, frame);
    }
  }

  function handleData(data: RawData): Promise<void> | void {
    if (isOver) return;
    try {
      const text = frameText(data);
      return handle(parseFrame(text), text.length)?.catch(fail);
    } catch (error) {
      fail(error);
    }
  }

  const inbox = options.frames.open({ flow, handle: handleData });
  socket.on('message', (data) => inbox.push(data));
  socket.on('error', (error) => {
    log.warn({ host, err: error }, 'an agent’s connection failed');
    // The library has closed it: over the size limit, or no WebSocket frame.
    if (agent !== null && 'code' in error && String(error.code).startsWith('WS_ERR')) conduct.blame(agent);
  });
  return session;
}

/** A host has as many tenants at most, and one such upgrade of each. */
function noteWaiting(waiting: Map<string, WaitingState>, { upgrade, state }: AgentFrameOf<'state'>): void {
  waiting.delete(upgrade);
  waiting.set(upgrade, state);
  const [oldest] = waiting.keys();
  if (waiting.size > sharedLimits.tenants.max && oldest !== undefined) waiting.delete(oldest);
}

/** Why there is no version for both sides, which it also logs. */
function explainVersion({ host, version }: AgentFrameOf<'hello'>, log: Log): string {
  const supported = `${protocolVersion}${protocolVersion > 1 ? ` and ${protocolVersion - 1}` : ''}`;
  log.warn({ host, version }, 'an agent speaks a protocol version that this controller does not support');
  return `protocol ${version} is not supported, only ${supported}`;
}

function parseFrame(text: string): AgentFrame {
  let parsed: ReturnType<typeof agentFrameSchema.safeParse>;
  try {
    parsed = agentFrameSchema.safeParse(JSON.parse(text));
  } catch {
    // Not JSON, or nested so deep that the parser overflows the stack.
    throw new AppError('protocol', 'not a frame: invalid JSON');
  }
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const { path, message } = issue === undefined ? { path: [], message: '' } : findInnermost(issue);
  // A key may be as long as the frame.
  const place = path.map((key) => String(key).slice(0, 40)).join('.');
  throw new AppError('protocol', `not a frame: ${place.slice(0, 80)} ${message.slice(0, 200)}`);
}

type Issue = z.core.$ZodIssue;

/** Of a value that is none of several kinds: what is wrong with it as the kind that it resembles most. */
function findInnermost(issue: Issue, before: readonly PropertyKey[] = []): Pick<Issue, 'path' | 'message'> {
  const path = [...before, ...issue.path];
  const inner = issue.code === 'invalid_union' ? issue.errors.flatMap(([first]) => first ?? []) : [];
  const [closest] = inner.toSorted((left, right) => right.path.length - left.path.length);
  return closest === undefined ? { path, message: issue.message } : findInnermost(closest, path);
}
