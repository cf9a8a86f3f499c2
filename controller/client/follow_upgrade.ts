// An upgrade's stream to its end, over as many connections as it takes: no item twice, and none missing.
import type { Upgrade } from '../../shared/wire/api.js';
import type { AppError } from '../../shared/errors.js';
import type { StreamItem } from '../../shared/model/journal/stream_item.js';
import { unreachable } from './explain_unreachable.js';
import { apiPath, type HttpConnection } from './http_connection.js';
import { readServerEvents } from './read_server_events.js';
import { reconnect, type Reconnecting } from './reconnect.js';
import { toEnd, toItem } from './stream_data.js';
import { createStreamPosition, type StreamPosition } from './stream_position.js';

export interface Following {
  /** False: what is stored now, and no more. */
  follow?: boolean;
  /** Called when the connection is lost (with why), and when it is back (with null). */
  onContact?: (lost: AppError | null) => void;
}

type Means = Pick<Reconnecting, 'clock' | 'random'> & Following & { connection: HttpConnection };

interface Progress {
  position: StreamPosition;
  /** The controller's id of the last event that was passed on; null asks for all. */
  lastId: string | null;
  /** The latest gap; one that is there again in the whole stream is the controller's own. */
  gap: string | null;
}

/** Returns the upgrade as it is at its end. Throws AppError: the controller's own, or `unreachable` after ten minutes. */
export function followUpgrade(
  id: string,
  means: Means,
  signal: AbortSignal,
): AsyncGenerator<StreamItem, Upgrade, void> {
  const progress: Progress = { position: createStreamPosition(), lastId: null, gap: null };
  const connect = (noteContact: () => void) => followOnce(id, { ...means, progress, noteContact }, signal);
  return reconnect(connect, means, signal);
}

/** One connection: the upgrade at its end, or null where the whole stream is needed again. Throws when it breaks. */
async function* followOnce(
  id: string,
  { progress, follow = true, noteContact, ...means }: Means & { progress: Progress; noteContact: () => void },
  signal: AbortSignal,
): AsyncGenerator<StreamItem, Upgrade | null, void> {
  const { position } = progress;
  const opening = { ...means, lastId: progress.lastId, follow, signal };
  const { url } = means.connection;
  let isSilent = true;
  for await (const received of readServerEvents(apiPath`/upgrades/${id}/events`, opening)) {
    noteContact();
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
