// Follows one upgrade through the agent until it has ended: what comes after a position is shown, all is remembered.
import { AppError } from '../../shared/errors.js';
import type { Event } from '../../shared/model/events.js';
import type { LocalConnection } from '../local/connect_agent.js';
import type { StreamItem } from '../../shared/model/stream_item.js';

export interface Following {
  connection: Pick<LocalConnection, 'follow'>;
  id: string;
  /** Records up to this number were there before: a `finish` among them is not the end that is waited for. */
  after: number;
  /** Show what was there before as well. */
  showsAll?: boolean;
  signal: AbortSignal;
  /** Called with the first record, and with everything that is new. */
  onItem: (item: StreamItem) => void;
  /** Grows by every record, old or new. */
  events: Event[];
}

/** Returns at the first new `finish`. Rejects when `signal` aborts, or with AppError `unreachable`. */
export async function followUpgrade(following: Following): Promise<void> {
  const { connection, id, after, showsAll = false, signal, onItem, events } = following;
  const shownKeys = new Set<string>();
  for await (const { item } of connection.follow(id, signal)) {
    if ('output' in item) {
      if (shownKeys.has(item.output.key)) onItem(item);
      continue;
    }
    const { event } = item;
    events.push(event);
    const isNew = event.n > after;
    if (isNew || showsAll || event.n === 1) onItem(item);
    if (event.type === 'command' && (isNew || showsAll)) shownKeys.add(event.key);
    if (event.type === 'finish' && isNew) return;
  }
  throw new AppError('unreachable', `the agent no longer tells of ${id}`);
}
