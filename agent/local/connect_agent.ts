// A command's end of the local socket: local requests go out, the agent's answers and streams come back.
import { EventEmitter, on, once } from 'node:events';
import { AppError } from '../../shared/errors.js';
import { agentFrameSchema, maxFrameBytes, type AgentFrame, type LocalRequest } from '../../shared/wire/protocol.js';
import { frameText, openWebSocket } from '../../shared/wire/websocket.js';
import { hasErrno } from '../../shared/os/errno.js';
import { fromErrorBody } from '../../shared/model/error_body.js';

export interface LocalConnection {
  /** The answer to the request of this id. Throws the AppError that the agent answered with. */
  request(
    request: Exclude<LocalRequest, { type: 'stored' }>,
  ): Promise<Extract<AgentFrame, { type: 'answer' | 'plan_result' }>>;
  /** The frames of one upgrade's stream, until the signal ends it. Throws AppError `unreachable` when the agent disconnects. */
  follow(upgrade: string, signal: AbortSignal): AsyncGenerator<Extract<AgentFrame, { type: 'stream' }>>;
  close(): void;
}

/** Connects to the agent at this socket; null when none runs there. */
export async function connectAgent(socketPath: string): Promise<LocalConnection | null> {
  const socket = openWebSocket(`ws+unix:${socketPath}:/`, { maxPayload: maxFrameBytes * 8 });
  const frames = new EventEmitter();
  frames.setMaxListeners(0);
  socket.on('message', (data) => {
    const frame = agentFrameSchema.parse(JSON.parse(frameText(data)));
    if (frame.type === 'stream') frames.emit(`stream ${frame.upgrade}`, frame);
    if (frame.type === 'answer' || frame.type === 'plan_result') frames.emit(`answer ${frame.request_id}`, frame);
  });
  try {
    await once(socket, 'open');
  } catch (error) {
    if (isNoAgent(error)) return null;
    throw new AppError('unreachable', `the agent's socket ${socketPath} refuses a connection`, {
      cause: error,
      hint: 'The commands of `drover-agent` need the rights of the agent: run them as root.',
    });
  }
  const closed = new AbortController();
  socket.on('close', () => closed.abort(disconnected()));
  socket.on('error', () => closed.abort(disconnected()));

  return {
    async request(request) {
      const id = request.type === 'upgrade' ? request.id : request.request_id;
      const answered = once(frames, `answer ${id}`, { signal: closed.signal });
      socket.send(JSON.stringify(request));
      const [answer]: Extract<AgentFrame, { type: 'answer' | 'plan_result' }>[] = await orDisconnected(
        answered,
        closed.signal,
      );
      if (answer === undefined) throw disconnected();
      if (answer.error !== null) throw fromErrorBody(answer.error);
      return answer;
    },
    async *follow(upgrade, signal) {
      const either = AbortSignal.any([signal, closed.signal]);
      const stream = on(frames, `stream ${upgrade}`, { signal: either });
      socket.send(JSON.stringify({ type: 'stored', streams: [{ upgrade, events: 0, outputs: {} }] }));
      try {
        for await (const [frame] of stream) yield frame;
      } catch (error) {
        if (closed.signal.aborted && !signal.aborted) throw disconnected();
        throw error;
      }
    },
    close: () => socket.close(),
  };
}

async function orDisconnected<T>(answered: Promise<T>, closed: AbortSignal): Promise<T> {
  try {
    return await answered;
  } catch (error) {
    if (closed.aborted) throw disconnected();
    throw error;
  }
}

function isNoAgent(error: unknown): boolean {
  return hasErrno(error, 'ENOENT', 'ECONNREFUSED');
}

function disconnected(): AppError {
  return new AppError('unreachable', 'the agent disconnected', {
    hint: 'A running upgrade resumes with the next agent: `systemctl start drover-agent`, or without the service `drover-agent run`.',
  });
}
