// An upgrade's stream to its end, over as many connections as it takes: no item twice, and none missing.
import type { Upgrade } from '../../shared/wire/api.js';
import type { Clock } from '../../shared/os/clock.js';
import { toAppError, type AppError } from '../../shared/errors.js';
import type { StreamItem } from '../../shared/model/stream_item.js';
import { unreachable } from './explain_unreachable.js';
import { apiPath, type HttpConnection } from './http_connection.js';
import { readServerEvents } from './read_server_events.js';
import { toEnd, toItem } from './stream_data.js';
import { createStreamPosition, type StreamPosition } from './stream_position.js';
import { backOffMs } from '../../shared/os/back_off.js';

export interface Following {
  /** False: what is stored now, and no more. */
  follow?: boolean;
  /** Called when the connection is lost (with why), and when it is back (with null). */
  onContact?: (lost: AppError | null) => void;
}

interface Means {
  connection: HttpConnection;
  clock: Clock;
  /** From 0 to 1. */
  random: () => number;
}

const pauses = { firstMs: 250, longestMs: 10_000, jitter: 0.5 };
/** How long a controller may be away before that is the answer. */
const patienceMs = 600_000;

interface Progress {
  position: StreamPosition;
  /** The controller's id of the last event that was passed on; null asks for all. */
  lastId: string | null;
  /** The latest gap; one that is there again in the whole stream is the controller's own. */
  gap: string | null;
  /** Bytes have arrived since the last attempt. */
  hasContact: boolean;
}

/** Returns the upgrade as it is at its end. Throws AppError: the controller's own, or `unreachable` after ten minutes. */
export async function* followUpgrade(
  id: string,
  means: Means & Following,
  signal: AbortSignal,
): AsyncGenerator<StreamItem, Upgrade, void> {
  const { clock, random, onContact } = means;
  const progress: Progress = { position: createStreamPosition(), lastId: null, gap: null, hasContact: false };
  let failures = 0;
  let lostAtMs = clock.monotonicMs();
  for (;;) {
    progress.hasContact = false;
    try {
      const upgrade = yield* followOnce(id, { ...means, progress }, signal);
      if (upgrade !== null) return upgrade;
    } catch (error) {
      signal.throwIfAborted();
      const lost = toAppError(error);
      // `internal`: a controller that stops, or that recovers.
      if (lost.code !== 'unreachable' && lost.code !== 'internal') throw lost;
      if (progress.hasContact) {
        failures = 0;
        lostAtMs = clock.monotonicMs();
      } else if (clock.monotonicMs() - lostAtMs > patienceMs) {
        throw lost;
      }
      onContact?.(lost);
      // Jitter: many clients that lost one controller do not reconnect at once.
      await clock.wait(backOffMs({ failures, ...pauses }, random()), signal);
      failures += 1;
    }
  }
}

/** One connection: the upgrade at its end, or null where the whole stream is needed again. Throws when it breaks. */
async function* followOnce(
  id: string,
  { progress, follow = true, onContact, ...means }: Means & Following & { progress: Progress },
  signal: AbortSignal,
): AsyncGenerator<StreamItem, Upgrade | null, void> {
  const { position } = progress;
  const opening = { ...means, lastId: progress.lastId, follow, signal };
  const { url } = means.connection;
  let isSilent = true;
  for await (const received of readServerEvents(apiPath`/upgrades/${id}/events`, opening)) {
    if (!progress.hasContact) onContact?.(null);
    progress.hasContact = true;
    if (received === null) continue;
    if (received.event === 'end') {
      // A controller with an older store has no events after those that were passed on.
      const isLacking = isSilent && opening.lastId !== null && !position.isFinished();
      if (!isLacking) return toEnd(url, received.data);
      progress.lastId = null;
      return null;
    }
    if (received.event !== 'event' && received.event !== 'output') continue;
    isSilent = false;
    const item = toItem(url, received.data);
    const found = position.look(item);
    const gap = found === 'gap' ? nameOf(item) : null;
    if (gap !== null && gap !== progress.gap) {
      progress.gap = gap;
      progress.lastId = null;
      return null;
    }
    if (found !== 'old') {
      position.advance(item);
      yield found === 'gap' ? item : found;
    }
    progress.lastId = received.id;
  }
  throw unreachable(url, 'the connection ended in the middle of the stream');
}

function nameOf(item: StreamItem): string {
  return 'event' in item ? `record ${item.event.n}` : `${item.output.key} from ${item.output.at}`;
}
