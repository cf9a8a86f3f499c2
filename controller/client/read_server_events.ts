// One connection's events. A connection without heartbeats is lost, even if the network still calls it open.
import type { Clock } from '../../shared/os/clock.js';
import { unreachable } from './explain_unreachable.js';
import { type HttpConnection } from './http_connection.js';
import { parseEvents, type ReceivedEvent } from './parse_events.js';

/** Three of the controller's heartbeats. */
const silenceMs = 45_000;

interface Opening {
  connection: HttpConnection;
  clock: Clock;
  signal: AbortSignal;
  lastId: string | null;
  follow: boolean;
}

/** The events, and null for any bytes at all. Throws AppError `unreachable` when the connection breaks, or is silent for too long. */
export async function* readServerEvents(
  path: string,
  { connection, clock, signal, lastId, follow }: Opening,
): AsyncGenerator<ReceivedEvent | null, void, void> {
  const leaving = new AbortController();
  const either = AbortSignal.any([signal, leaving.signal]);
  try {
    const response = await connection.open(path, {
      query: { follow: follow ? undefined : 'false' },
      headers: { accept: 'text/event-stream', ...(lastId === null ? {} : { 'last-event-id': lastId }) },
      signal: either,
    });
    if (response.body === null) throw unreachable(connection.url, 'the answer is empty');
    const events = parseEvents(response.body);
    for (;;) {
      const next = await withinSilence(events.next(), { connection, clock, signal: either });
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    leaving.abort();
  }
}

async function withinSilence<T>(
  next: Promise<T>,
  { connection, clock, signal }: Pick<Opening, 'connection' | 'clock' | 'signal'>,
): Promise<T> {
  const arrived = new AbortController();
  const silence = clock.wait(silenceMs, AbortSignal.any([signal, arrived.signal])).then(() => {
    throw unreachable(connection.url, `it has been silent for ${silenceMs / 1000} s`);
  });
  silence.catch(() => undefined);
  const read = next.catch((error: unknown) => {
    throw unreachable(connection.url, error);
  });
  try {
    return await Promise.race([read, silence]);
  } finally {
    arrived.abort();
    read.catch(() => undefined);
  }
}
