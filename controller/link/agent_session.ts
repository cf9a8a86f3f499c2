// One agent's session: handles its frames in order, from `hello` on. A protocol error closes only this session.
import { AppError, toAppError } from '../../shared/errors.js';
import { frameText, isOpen, type WebSocket } from '../../shared/wire/websocket.js';
import {
  agentFrameSchema,
  agreeVersion,
  closeCodes,
  protocolVersion,
  type AgentFrame,
  type AgentFrameOf,
  type ControllerFrame,
} from '../../shared/wire/protocol.js';
import { controllerLimits } from '../limits.js';
import type { Log } from '../../shared/os/log.js';
import { createStreamIntake } from './stream_intake.js';
import type { AgentEvents } from '../fleet/agent_events.js';
import type { Requests } from './requests.js';

export interface AgentSessionOptions {
  socket: WebSocket;
  events: AgentEvents;
  requests: Requests;
  log: Log;
  /** Registers the session under its host name; false while another live agent has that name. */
  register: (host: string) => Promise<boolean>;
}

export interface AgentSession {
  /** Null until its `hello` is accepted. */
  host(): string | null;
  send(frame: ControllerFrame): void;
  close(code: number, reason: string): void;
}

/** Serves the agent at the other end of `socket` until that closes. */
// oxlint-disable-next-line max-lines-per-function -- the closures over one socket are the session's methods
export function createAgentSession({ socket, events, requests, log, register }: AgentSessionOptions): AgentSession {
  let host: string | null = null;
  let isGreeting = false;

  const session: AgentSession = {
    host: () => host,
    send(frame) {
      socket.send(JSON.stringify(frame));
      if (socket.bufferedAmount > controllerLimits.unsentToAgent.max) drop('it reads too slowly');
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
    log.warn(
      { host, err: error },
      isTheirs ? 'an agent broke the protocol' : 'the frame of an agent could not be stored',
    );
    // A reason has at most 123 bytes (RFC 6455, section 5.5).
    socket.close(isTheirs ? closeCodes.policyViolation : closeCodes.tryAgainLater, error.message.slice(0, 100));
  }

  const intake = createStreamIntake({ socket, events, log, send: (frame) => session.send(frame), fail });

  async function greet(hello: AgentFrameOf<'hello'>): Promise<void> {
    const version = agreeOrClose(socket, hello, log);
    if (version === null) return;
    if (!(await register(hello.host))) {
      socket.close(closeCodes.duplicate, 'another agent of this host name is connected');
      return;
    }
    await events.connect(hello, version);
    if (!isOpen(socket)) return;
    host = hello.host;
    session.send({ type: 'welcome', version });
    await events.welcome(host);
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
        return intake.announce(host, frame.streams);
      case 'stream':
        return intake.store(host, frame, bytes);
      case 'plan_result':
        return requests.settle(host, frame);
      default:
        requests.settle(host, frame);
        return events.answer(host, frame);
    }
  }

  socket.on('message', (data) => {
    if (!isOpen(socket)) return;
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

/** The protocol version for both sides. Without one it closes the socket and returns null. */
function agreeOrClose(socket: WebSocket, hello: AgentFrameOf<'hello'>, log: Log): number | null {
  const version = agreeVersion(hello.version);
  if (version !== null) return version;
  const supported = `${protocolVersion}${protocolVersion > 1 ? ` and ${protocolVersion - 1}` : ''}`;
  log.warn(
    { host: hello.host, version: hello.version },
    'an agent speaks a protocol version that this controller does not support',
  );
  socket.close(closeCodes.version, `protocol ${hello.version} is not supported, only ${supported}`);
  return null;
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
  throw new AppError('protocol', `not a frame: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`);
}
