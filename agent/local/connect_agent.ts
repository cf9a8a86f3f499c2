// A command's end of the local socket: frames go out, the agent's answers and streams come back.
import { EventEmitter, on, once } from 'node:events';
import { WebSocket } from 'ws';
import { AppError } from '../../shared/errors.js';
import { agentFrameSchema, maxFrameBytes, type AgentFrame, type LocalRequest } from '../../shared/wire/protocol.js';
import { frameText } from '../../shared/wire/frame_text.js';
import { hasErrno } from '../../shared/os/errno.js';
import { fromErrorBody } from '../../shared/model/error_body.js';

export interface LocalConnection {
  send(frame: LocalRequest): void;
  /** The answer to the request of this id. Throws the AppError that the agent answered with. */
  request(
    frame: Exclude<LocalRequest, { type: 'stored' }>,
  ): Promise<Extract<AgentFrame, { type: 'answer' | 'plan_result' }>>;
  /** The frames of one upgrade's stream, until the signal ends it. Throws AppError `unreachable` when the agent goes. */
  follow(upgrade: string, signal: AbortSignal): AsyncGenerator<Extract<AgentFrame, { type: 'stream' }>>;
  close(): void;
}

/** Connects to the agent at this socket; null when none runs there. */
export async function connectAgent(socketPath: string): Promise<LocalConnection | null> {
  const socket = new WebSocket(`ws+unix:${socketPath}:/`, { maxPayload: maxFrameBytes * 8, perMessageDeflate: false });
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
    if (isNobodyThere(error)) return null;
    throw new AppError('unreachable', `the agent's socket ${socketPath} cannot be used`, {
      cause: error,
      hint: 'The commands of `drover-agent` need the rights of the agent: run them as root.',
    });
  }
  const gone = new AbortController();
  socket.on('close', () => gone.abort(goneError()));
  socket.on('error', () => gone.abort(goneError()));

  return {
    send: (frame) => socket.send(JSON.stringify(frame)),
    async request(frame) {
      const id = frame.type === 'upgrade' ? frame.id : frame.request_id;
      const answered = once(frames, `answer ${id}`, { signal: gone.signal });
      socket.send(JSON.stringify(frame));
      const [answer]: Extract<AgentFrame, { type: 'answer' | 'plan_result' }>[] = await orGone(answered, gone.signal);
      if (answer === undefined) throw goneError();
      if (answer.error !== null) throw fromErrorBody(answer.error);
      return answer;
    },
    async *follow(upgrade, signal) {
      const either = AbortSignal.any([signal, gone.signal]);
      const stream = on(frames, `stream ${upgrade}`, { signal: either });
      socket.send(JSON.stringify({ type: 'stored', streams: [{ upgrade, events: 0, outputs: {} }] }));
      try {
        for await (const [frame] of stream) yield frame;
      } catch (error) {
        if (gone.signal.aborted && !signal.aborted) throw goneError();
        throw error;
      }
    },
    close: () => socket.close(),
  };
}

async function orGone<T>(answered: Promise<T>, gone: AbortSignal): Promise<T> {
  try {
    return await answered;
  } catch (error) {
    if (gone.aborted) throw goneError();
    throw error;
  }
}

function isNobodyThere(error: unknown): boolean {
  return hasErrno(error, 'ENOENT', 'ECONNREFUSED');
}

function goneError(): AppError {
  return new AppError('unreachable', 'the agent went away', {
    hint: 'An upgrade that had begun goes on when the agent is back: `drover-agent run`, or any command of `drover-agent`.',
  });
}
