// The operations of `drover`: the controller's API, over HTTP.
import { deriveResult } from '../../shared/model/journal/derive_result.js';
import type { Event } from '../../shared/model/journal/events.js';
import type { Result } from '../../shared/model/result.js';
import type { StreamItem } from '../../shared/model/journal/stream_item.js';
import type { Clock } from '../../shared/os/clock.js';
import type { Operations, Started } from '../../shared/terminal/operations.js';
import { createOwnEnd } from '../../shared/terminal/own_end.js';
import type { Upgrade } from '../../shared/wire/api.js';
import type { Client } from '../client/create_client.js';
import { listAll } from './list_all.js';
import { findTarget } from './find_target.js';
import { createWaitingReport, watchDelivery } from './watch_delivery.js';

export interface HttpOperationsOptions {
  client: Client;
  clock: Clock;
  makeId: () => string;
  /** Why its changes are made; a mark has a reason of its own. */
  reason?: string | undefined;
}

/** The operations over this client; a request whose answer gets lost is repeated with the same key. */
export function createHttpOperations({ client, clock, makeId, reason }: HttpOperationsOptions): Operations {
  const why = reason === undefined ? {} : { reason };
  return {
    plan: (tenant, request) => client.plan(tenant, request),
    async upgrade(tenant, request, { startWithinS }) {
      const start = startWithinS === undefined ? {} : { start_within_s: startWithinS };
      const body = { ...request, ...start, ...why };
      return toStarted(await client.upgrade(tenant, body, makeId()), () => true);
    },
    async rollback(tenant, { restoreDatabase }) {
      const upgrade = await client.rollback(tenant, { restore_database: restoreDatabase, ...why }, makeId());
      return toStarted(upgrade, isOwn('rollback', await findLatest(client, upgrade.id, 'rollback')));
    },
    async resume(tenant, { accept }) {
      const upgrade = await client.resume(tenant, { accept, ...why }, makeId());
      return toStarted(upgrade, isOwn('resume', await findLatest(client, upgrade.id, 'resume')));
    },
    mark: (tenant, mark) => client.mark(tenant, mark, makeId()),
    async listHookRuns(tenant) {
      const runs = await listAll((query) => client.listHookRuns(tenant, query));
      return runs.toReversed();
    },
    listVersions: (tenant) => listAll((query) => client.listVersions(tenant, query)),
    async listUpgrades(tenant) {
      const upgrades = await listAll((query) => client.listUpgrades({ ...query, tenant }));
      // An empty list would hide a misspelt name.
      if (upgrades.length === 0) await client.findTenant(tenant);
      return upgrades.map(({ delivery: _delivery, ...outline }) => outline);
    },
    async cancel(target, { force }) {
      // Asked first: a controller that is away is said at once.
      const { id, status } = await client.findUpgrade(await findTarget(client, target));
      const lastEnd = status === 'running' ? await findLatest(client, id, 'finish') : null;
      const upgrade = await client.cancel(id, { force, ...why });
      // Two cancels since the last end have the same end.
      return toStarted(upgrade, ({ type, n }) => type === 'cancel' && n > (lastEnd ?? 0));
    },
    async find(target) {
      return toStarted(await client.findUpgrade(await findTarget(client, target)), () => false);
    },
    async *follow(started, following) {
      const { id } = started;
      const { live, onWaiting } = following;
      const ended = new AbortController();
      const signal = AbortSignal.any([following.signal, ended.signal]);
      const waiting = createWaitingReport(onWaiting);
      const watching = live ? watchDelivery({ client, id, clock, signal }, waiting.showDelivery) : Promise.resolve();
      const items = client.followUpgrade(id, signal, { follow: live, onContact: waiting.showContact });
      try {
        return yield* untilOwnEnd(items, { started, onItem: waiting.noteItem });
      } finally {
        ended.abort();
        await watching;
      }
    },
    close: () => undefined,
  };
}

function toStarted(upgrade: Upgrade, isOwn: Started['isOwn']): Started {
  return { id: upgrade.id, tenant: upgrade.tenant, result: toResult(upgrade), isOwn };
}

/** The object that the agent gives, too. */
function toResult({ delivery: _delivery, ...result }: Upgrade): Result {
  return result;
}

type Continuation = 'rollback' | 'resume';

/**
 * The number of the latest such event. Of a rollback or a resume it is the request's own: the controller answers once it
 * is stored, and the host accepts no other before its end.
 */
async function findLatest(client: Client, id: string, type: Continuation | 'finish'): Promise<number | null> {
  let latest: number | null = null;
  for await (const item of client.followUpgrade(id, new AbortController().signal, { follow: false })) {
    if ('event' in item && item.event.type === type) latest = item.event.n;
  }
  return latest;
}

function isOwn(type: Continuation, n: number | null): Started['isOwn'] {
  return (event) => event.type === type && event.n === n;
}

/** The stream to the request's own end. The controller's stream continues where a later request follows at once. */
async function* untilOwnEnd(
  items: AsyncGenerator<StreamItem, Upgrade, void>,
  { started, onItem }: { started: Pick<Started, 'isOwn'>; onItem: () => void },
): AsyncGenerator<StreamItem, Result, void> {
  const events: Event[] = [];
  const ownEnd = createOwnEnd(started);
  let hasEnded = false;
  for (;;) {
    const { done, value } = await items.next();
    if (done === true) return toResult(value);
    if (hasEnded) return deriveResult(events);
    onItem();
    if ('event' in value) events.push(value.event);
    hasEnded = ownEnd.pass(value);
    yield value;
  }
}
