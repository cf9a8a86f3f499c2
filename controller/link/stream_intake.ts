// The streams that come in over one connection: which are wanted, and what is on its way to the store.
import { AppError, toAppError } from '../../shared/errors.js';
import type { Log } from '../../shared/os/log.js';
import type { AgentFrameOf, ControllerFrame } from '../../shared/wire/protocol.js';
import type { WebSocket } from '../../shared/wire/websocket.js';
import type { AgentEvents } from '../fleet/agent_events.js';
import type { IncomingStream } from '../store/port.js';

/** With so much on its way to the store, no more is read from the agent; and from so little on again. */
const maxUnstoredBytes = 4 * 1024 ** 2;
const fewUnstoredBytes = 1024 ** 2;

export interface StreamIntake {
  /** Opens the streams that are wanted of those that the host announces, and says how far each is stored. */
  announce(host: string, announced: AgentFrameOf<'streams'>['streams']): Promise<void>;
  /** Takes the next item of a stream. Throws AppError `protocol` for one that was not asked for, or is not the next. */
  store(host: string, frame: AgentFrameOf<'stream'>, sizeBytes: number): void;
}

export interface StreamIntakeOptions {
  socket: WebSocket;
  events: AgentEvents;
  log: Log;
  send: (frame: ControllerFrame) => void;
  /** Called with what cannot be stored. */
  fail: (error: unknown) => void;
}

/** The intake of one connection; nothing of it outlives that. */
export function createStreamIntake({ socket, events, log, send, fail }: StreamIntakeOptions): StreamIntake {
  const streams = new Map<string, IncomingStream>();
  /** The store is asked for these now. */
  const opening = new Set<string>();
  /** Of upgrades that this host may not begin; the rest of them is left out. */
  const ignored = new Set<string>();
  let unstoredBytes = 0;

  function ignoreOrFail(host: string, upgrade: string, error: unknown): void {
    if (toAppError(error).code !== 'forbidden') return fail(error);
    if (!ignored.has(upgrade)) log.warn({ host, upgrade, err: error }, 'a stream is not taken from this host');
    ignored.add(upgrade);
  }

  function hold(sizeBytes: number): void {
    unstoredBytes += sizeBytes;
    if (unstoredBytes > maxUnstoredBytes) socket.pause();
    else if (socket.isPaused && unstoredBytes < fewUnstoredBytes) socket.resume();
  }

  return {
    async announce(host, announced) {
      // One that is open goes on by itself; one that is being opened is asked for once.
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
      // From here on the upgrade may be announced again, as one that goes on.
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
