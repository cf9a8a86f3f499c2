// A rollout after each change of it, to its end, over as many connections as it takes.
import type { Rollout } from '../../shared/wire/rollouts_api.js';
import { unreachable } from './explain_unreachable.js';
import { apiPath, type HttpConnection } from './http_connection.js';
import { readServerEvents } from './read_server_events.js';
import { reconnect, type Reconnecting } from './reconnect.js';
import { toRollout } from './stream_data.js';

type Means = Reconnecting & { connection: HttpConnection };

/**
 * Yields the rollout as it is, and again after each change; a new connection begins with it as it is then. Returns it as it
 * has ended. Throws AppError: the controller's own, or `unreachable` after ten minutes.
 */
export function followRollout(id: string, means: Means, signal: AbortSignal): AsyncGenerator<Rollout, Rollout, void> {
  return reconnect((noteContact) => followOnce(id, { ...means, noteContact }, signal), means, signal);
}

async function* followOnce(
  id: string,
  { connection, clock, noteContact }: Means & { noteContact: () => void },
  signal: AbortSignal,
): AsyncGenerator<Rollout, Rollout | null, void> {
  const opening = { connection, clock, signal, lastId: null, follow: true };
  for await (const received of readServerEvents(apiPath`/rollouts/${id}/events`, opening)) {
    noteContact();
    if (received?.event === 'end') return toRollout(connection.url, received.data);
    if (received?.event === 'rollout') yield toRollout(connection.url, received.data);
  }
  throw unreachable(connection.url, 'the connection ended before the rollout did');
}
