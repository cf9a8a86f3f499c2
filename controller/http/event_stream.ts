// Server-sent events to one reader, at that reader's speed: nothing is fetched that could not be sent.
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Clock } from '../../shared/os/clock.js';
import { AppError } from '../../shared/errors.js';

/** What a reader may leave waiting at most, and for how long it may take nothing of it. */
const maxBufferedBytes = 1024 ** 2;
const patienceMs = 20_000;
const heartbeatMs = 15_000;

export interface ServerEvent {
  id?: number;
  event: string;
  data: unknown;
}

export interface EventStream {
  /** Resolves when there is room for the next one. Rejects with AppError `too-slow`, or when the reader is gone. */
  send(event: ServerEvent): Promise<void>;
  /** A proper end. */
  end(): void;
  /** An end in the middle. */
  cut(): void;
}

/** Begins the answer; from here on the reader gets events, and a comment every 15 s. */
// oxlint-disable-next-line max-lines-per-function -- a factory: its closures are the methods
export function openEventStream(
  response: ServerResponse,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): EventStream {
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    // For nginx, which would hold it back.
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
      // It is over.
    }
  }

  /** Drops a reader that takes nothing for a while: what it holds up is kept for it in the store. */
  async function waitForRoom(): Promise<void> {
    if (response.writableLength > maxBufferedBytes) throw tooSlow(response.writableLength);
    const waiting = new AbortController();
    const either = AbortSignal.any([over, waiting.signal]);
    try {
      const drained = once(response, 'drain', { signal: either }).then(() => true);
      const impatient = clock.wait(patienceMs, either).then(() => false);
      // The one that loses is aborted below.
      impatient.catch(() => undefined);
      drained.catch(() => undefined);
      if (!(await Promise.race([drained, impatient]))) throw tooSlow(response.writableLength);
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
  return new AppError('too-slow', `a reader takes nothing any more, and ${bytes} bytes wait for it`);
}
