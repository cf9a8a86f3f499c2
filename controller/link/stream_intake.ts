// Takes one connection's streams into the store, and pauses the agent while the store is behind.
import { AppError, toAppError } from '../../shared/errors.js';
import type { Log } from '../../shared/os/log.js';
import type { AgentFrameOf, ControllerFrame } from '../../shared/wire/protocol.js';
import type { WebSocket } from '../../shared/wire/websocket.js';
import type { AgentEvents } from '../fleet/agent_events.js';
import type { IncomingStream } from '../store/port.js';

/** The socket pauses above `maxUnstoredBytes`, and resumes below `fewUnstoredBytes`. */
const maxUnstoredBytes = 4 * 1024 ** 2;
const fewUnstoredBytes = 1024 ** 2;

export interface StreamIntake {
  /** Opens the announced streams that the store wants, and sends the agent how far each is stored. */
  announce(host: string, announced: AgentFrameOf<'streams'>['streams']): Promise<void>;
  /** Takes a stream's next item. Throws AppError `protocol` for a stream that is not open, or an item out of order. */
  store(host: string, frame: AgentFrameOf<'stream'>, sizeBytes: number): void;
}

export interface StreamIntakeOptions {
  socket: WebSocket;
  events: AgentEvents;
  log: Log;
  send: (frame: ControllerFrame) => void;
  /** Called with the error of an item that cannot be stored. */
  fail: (error: unknown) => void;
}

/** The intake of one connection; its state ends with it. */
export function createStreamIntake({ socket, events, log, send, fail }: StreamIntakeOptions): StreamIntake {
  const streams = new Map<string, IncomingStream>();
  /** Upgrades whose streams are being opened. */
  const opening = new Set<string>();
  /** Upgrades that the store refuses from this host. The rest of their streams is ignored. */
  const ignored = new Set<string>();
  let unstoredBytes = 0;

  function ignoreOrFail(host: string, upgrade: string, error: unknown): void {
    if (toAppError(error).code !== 'forbidden') return fail(error);
    if (!ignored.has(upgrade)) log.warn({ host, upgrade, err: error }, 'the store refuses a stream of this host');
    ignored.add(upgrade);
  }

  function hold(sizeBytes: number): void {
    unstoredBytes += sizeBytes;
    if (unstoredBytes > maxUnstoredBytes) socket.pause();
    else if (socket.isPaused && unstoredBytes < fewUnstoredBytes) socket.resume();
  }

  return {
    async announce(host, announced) {
      // An open stream continues by itself. A stream that is being opened must not be opened twice.
      const fresh = announced.filter(({ upgrade }) => !streams.has(upgrade) && !opening.has(upgrade));
      for (const { upgrade } of fresh) opening.add(upgrade);
      try {
        const wanted = await events.findWanted(host, fresh);
        if (wanted.length === 0) return;
        const opened = await Promise.all(wanted.map((upgrade) => events.openStream(host, upgrade)));
        for (const stream of opened) streams.set(stream.position().upgrade, stream);
        send({ type: 'stored', streams: opened.map((stream) => stream.position()) });
      } finally {
        for (const { upgrade } of fresh) opening.delete(upgrade);
      }
    },
    store(host, { upgrade, item }, sizeBytes) {
      if (ignored.has(upgrade)) return;
      const stream = streams.get(upgrade);
      if (stream === undefined) throw new AppError('protocol', `a stream that was not asked for: ${upgrade}`);
      const isEnd = 'event' in item && item.event.type === 'finish';
      // A rollback or a resume may announce the upgrade again.
      if (isEnd) streams.delete(upgrade);
      hold(sizeBytes);
      stream
        .add(item)
        .then(() => (isEnd ? send({ type: 'stored', streams: [stream.position()] }) : undefined))
        .catch((error: unknown) => ignoreOrFail(host, upgrade, error))
        .finally(() => hold(-sizeBytes));
    },
  };
}
