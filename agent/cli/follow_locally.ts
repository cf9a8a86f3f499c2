// Follows an upgrade of this host: live through the agent, or from the journal on disk where it has ended or no agent runs.
import { AppError } from '../../shared/errors.js';
import { deriveResult } from '../../shared/model/journal/derive_result.js';
import type { Event } from '../../shared/model/journal/events.js';
import type { Result } from '../../shared/model/result.js';
import type { StreamItem } from '../../shared/model/journal/stream_item.js';
import type { Clock } from '../../shared/os/clock.js';
import type { Following, Started } from '../../shared/terminal/operations.js';
import { createOwnEnd } from '../../shared/terminal/own_end.js';
import type { LocalConnection } from '../local/connect_agent.js';
import { findUnfinished, findUpgrade, listUpgradeIds } from '../store/find_upgrades.js';
import { noOpenJournals } from '../store/open_journals.js';
import { openStream } from '../store/stream/open_stream.js';
import { readStream } from '../store/stream/read_stream.js';
import type { StateFolder } from '../store/state_folder.js';

interface FollowedHost {
  config: { max_concurrent: number };
  state: StateFolder;
  agentUid: number;
  clock: Clock;
}

interface Followed {
  host: FollowedHost;
  started: Pick<Started, 'id' | 'tenant' | 'isOwn'>;
  /** The agent has accepted a request for it; false for an upgrade that was only found. */
  isRequested: boolean;
  /** A connection of its own, as streams of one connection mix; null where no agent runs. */
  connect: () => Promise<Pick<LocalConnection, 'follow' | 'close'> | null>;
}

/** As `follow` of the port. Throws AppError `unreachable` where the agent disconnects, or none runs. */
export async function* followLocally(
  { host, started, isRequested, connect }: Followed,
  following: Following,
): AsyncGenerator<StreamItem, Result, void> {
  const { live, signal } = following;
  const isLive = live && (isRequested || findUnfinished(host.state, started.id) !== null);
  const connection = isLive ? await connect() : null;
  if (connection === null) {
    const result = yield* readStored(host, started.id, signal);
    if (isLive) throw interrupted(started);
    return result;
  }
  try {
    return yield* followAgent({ host, started, connection }, following);
  } finally {
    connection.close();
  }
}

async function* readStored(
  { state, agentUid, clock }: FollowedHost,
  id: string,
  signal: AbortSignal,
): AsyncGenerator<StreamItem, Result, void> {
  const events: Event[] = [];
  const source = await openStream({ state, journals: noOpenJournals, agentUid, clock }, id);
  for await (const item of readStream(source, { events: 0, outputs: {} }, signal)) {
    if ('event' in item) events.push(item.event);
    yield item;
  }
  return deriveResult(events);
}

async function* followAgent(
  { host, started, connection }: Pick<Followed, 'host' | 'started'> & { connection: Pick<LocalConnection, 'follow'> },
  { signal, onWaiting }: Following,
): AsyncGenerator<StreamItem, Result, void> {
  const { id, tenant } = started;
  const events: Event[] = [];
  const ownEnd = createOwnEnd(started);
  // The agent sends nothing of an upgrade that has not begun.
  if (findUpgrade(host.state, id) === null) onWaiting(await explainQueue(host, tenant));
  for await (const { item } of connection.follow(id, signal)) {
    onWaiting(null);
    if ('event' in item) events.push(item.event);
    const isEnd = ownEnd.pass(item);
    yield item;
    if (isEnd) return deriveResult(events);
  }
  throw new AppError('unreachable', `the agent ended the stream of ${id}`);
}

/** What keeps an accepted upgrade from beginning: others on this host, or its checks. */
async function explainQueue({ config, state }: FollowedHost, tenant: string) {
  const others: string[] = [];
  for (const id of await listUpgradeIds(state)) {
    const other = findUnfinished(state, id)?.begin.tenant;
    if (other !== undefined) others.push(other);
  }
  // The agent refuses a second upgrade of one tenant at once.
  if (others.includes(tenant) || others.length < config.max_concurrent) {
    return { text: `checking ${tenant}`, isLong: false };
  }
  const limit = `this host runs ${config.max_concurrent} at a time (max_concurrent)`;
  return { text: `queued behind ${others.toSorted().join(', ')}: ${limit}`, isLong: true };
}

function interrupted({ id, tenant }: Followed['started']): AppError {
  return new AppError('unreachable', `the upgrade ${id} of ${tenant} was interrupted, and no agent runs`, {
    hint: 'It resumes as soon as one runs: `systemctl start drover-agent`, or without the service `drover-agent run`.',
  });
}
