// Server-sent events to one client, at the client's speed: `send` waits until the client has room.
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Clock } from '../../shared/os/clock.js';
import { AppError } from '../../shared/errors.js';

/** A client is dropped with more unread bytes than this, or when it reads nothing for this long. */
const maxBufferedBytes = 1024 ** 2;
const maxStallMs = 20_000;
const heartbeatMs = 15_000;

export interface ServerEvent {
  id?: number;
  event: string;
  data: unknown;
}

export interface EventStream {
  /** Resolves when the client has room for the next event. Rejects with AppError `too-slow`, or when it disconnects. */
  send(event: ServerEvent): Promise<void>;
  /** Ends the response. */
  end(): void;
  /** Cuts the connection, so that the client reconnects. */
  cut(): void;
}

/** Starts the response: the client gets events, and a comment every 15 s. */
// oxlint-disable-next-line max-lines-per-function -- a factory: its closures are the methods
export function openEventStream(
  response: ServerResponse,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): EventStream {
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    // nginx buffers the response otherwise.
    'x-accel-buffering': 'no',
  });
  response.write(': the stream follows\n\n');
  const ending = new AbortController();
  const over = AbortSignal.any([signal, ending.signal]);
  void sendHeartbeats();

  async function sendHeartbeats(): Promise<void> {
    try {
      for (;;) {
        await clock.wait(heartbeatMs, over);
        if (!response.writableNeedDrain) response.write(': still here\n\n');
      }
    } catch {
      // The response has ended.
    }
  }

  /** Throws for a client that reads nothing for 20 s. It loses nothing: the store keeps its items. */
  async function waitForRoom(): Promise<void> {
    if (response.writableLength > maxBufferedBytes) throw tooSlow(response.writableLength);
    const waiting = new AbortController();
    const either = AbortSignal.any([over, waiting.signal]);
    try {
      const drained = once(response, 'drain', { signal: either }).then(() => true);
      const stalled = clock.wait(maxStallMs, either).then(() => false);
      // The loser of the race rejects when `waiting` aborts.
      stalled.catch(() => undefined);
      drained.catch(() => undefined);
      if (!(await Promise.race([drained, stalled]))) throw tooSlow(response.writableLength);
    } finally {
      waiting.abort();
    }
  }

  return {
    async send({ id, event, data }) {
      over.throwIfAborted();
      const head = id === undefined ? '' : `id: ${id}\n`;
      const hasRoom = response.write(`${head}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
      if (!hasRoom) await waitForRoom();
    },
    end() {
      ending.abort();
      response.end();
    },
    cut() {
      ending.abort();
      response.destroy();
    },
  };
}

function tooSlow(bytes: number): AppError {
  return new AppError('too-slow', `a client reads too slowly: ${bytes} bytes are unread`);
}
