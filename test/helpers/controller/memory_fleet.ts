// An in-memory fleet behind its port: upgrades begin, print and end when the test says so.
import { EventEmitter, on } from 'node:events';
import type { Fleet, StoredItem } from '../../../controller/fleet/fleet.js';
import type { Page, PageQuery, Upgrade, UpgradeSummary } from '../../../shared/wire/api.js';
import { makeId } from '../../../shared/os/ids.js';
import { AppError } from '../../../shared/errors.js';
import type { EventBody } from '../../../shared/model/journal/events.js';
import { listHookRuns } from '../../../shared/model/hook_runs.js';
import type { OutputPiece, StreamItem } from '../../../shared/model/journal/stream_item.js';
import { deriveResult } from '../../../shared/model/journal/derive_result.js';
import { describeHost, describeTenant } from './memory_views.js';
import { plan } from '../../unit/shared/terminal/streams.js';

export interface MemoryUpgrade {
  id: string;
  tenant: string;
  stream: StoredItem[];
  state: Upgrade['delivery']['state'];
}

export interface MemoryFleet extends Fleet {
  upgrades: Map<string, MemoryUpgrade>;
  /** The calls so far, in words. */
  asked: string[];
  /** The error of the next `plan`, `upgrade`, `rollback` or `cancel`. */
  refusal: AppError | null;
  /** Called before an upgrade is stored. */
  append(id: string, ...items: (EventBody | OutputPiece)[]): void;
  move(id: string, state: MemoryUpgrade['state']): void;
  add(id: string, tenant?: string): MemoryUpgrade;
}

const eventsOf = ({ stream }: MemoryUpgrade) => stream.flatMap(({ item }) => ('event' in item ? [item.event] : []));

const view = (upgrade: MemoryUpgrade): Upgrade => {
  const events = eventsOf(upgrade);
  const result = { ...deriveResult(events), id: upgrade.id, tenant: upgrade.tenant, host: 'h1' };
  return {
    ...result,
    status: events.length === 0 ? 'queued' : result.status,
    started_at: '2025-12-16T10:15:00.000Z',
    delivery: { state: upgrade.state, created_at: '2025-12-16T10:15:00.000Z', expires_at: null, ordered: true },
  };
};

export function createMemoryFleet(slugs: readonly string[] = ['testsite']): MemoryFleet {
  const changes = new EventEmitter().setMaxListeners(0);
  const keys = new Map<string, { id: string; about: string }>();
  let seq = 0;

  const require = (id: string) => {
    const upgrade = fleet.upgrades.get(id);
    if (upgrade !== undefined) return upgrade;
    throw new AppError('unknown-upgrade', `there is no upgrade ${id}`, { hint: '`drover upgrades` lists them.' });
  };
  const requireTenant = (slug: string) => {
    if (fleet.refusal !== null) throw fleet.refusal;
    if (!slugs.includes(slug)) {
      throw new AppError('unknown-tenant', `there is no tenant ${slug}`, { hint: '`drover tenants` lists them.' });
    }
    return slug;
  };

  const fleet: MemoryFleet = {
    upgrades: new Map(),
    asked: [],
    refusal: null,
    add(id, tenant = 'testsite') {
      const upgrade: MemoryUpgrade = { id, tenant, stream: [], state: 'pending' };
      fleet.upgrades.set(id, upgrade);
      return upgrade;
    },
    append(id, ...items) {
      const upgrade = require(id);
      for (const body of items) {
        seq += 1;
        const n = eventsOf(upgrade).length + 1;
        const at = new Date(Date.UTC(2025, 11, 16, 10, 15, n)).toISOString();
        const item: StreamItem = 'type' in body ? { event: { ...body, n, at } } : { output: body };
        upgrade.stream.push({ seq, item });
        upgrade.state = 'type' in body && body.type === 'finish' ? 'ended' : 'running';
      }
      changes.emit(id);
    },
    move(id, state) {
      require(id).state = state;
      changes.emit(id);
    },

    async listTenants(query) {
      return pageOf(slugs.map(describeTenant), query);
    },
    findTenant: async (slug) => describeTenant(requireTenant(slug)),
    async listVersions(slug, query) {
      requireTenant(slug);
      const at = '2025-12-16T10:15:00.000Z';
      return pageOf([{ at, version: 'v0.1.0', commit: '1'.repeat(40), detected: true, host: 'h1' }], query);
    },
    async moveTenant(slug, host) {
      fleet.asked.push(`move ${slug} ${host}`);
      return { ...describeTenant(requireTenant(slug)), host, state: 'missing' };
    },
    async labelTenant(slug, { set, remove }) {
      fleet.asked.push(`label ${slug} ${JSON.stringify({ set, remove })}`);
      return { ...describeTenant(requireTenant(slug)), labels: set, admin_labels: set };
    },
    async forgetTenant(slug) {
      fleet.asked.push(`forget ${slug}`);
      requireTenant(slug);
    },
    async listHosts(query) {
      return pageOf([describeHost(slugs)], query);
    },
    async findHost(host) {
      if (host === 'h1') return describeHost(slugs);
      throw new AppError('unknown-host', `there is no host ${host}`, { hint: '`drover hosts` lists them.' });
    },
    async plan(slug, body) {
      fleet.asked.push(`plan ${slug} ${JSON.stringify(body)}`);
      return { ...plan, tenant: requireTenant(slug) };
    },
    async upgrade(slug, body, key) {
      const about = `upgrade ${slug} ${JSON.stringify(body)}`;
      fleet.asked.push(about);
      const known = key === undefined ? undefined : keys.get(key);
      if (known !== undefined && known.about !== about) {
        throw new AppError('key-reused', `the key ${key} was given for something else`, { hint: 'Use another key.' });
      }
      if (known !== undefined) return view(require(known.id));
      const { id } = fleet.add(makeId(), requireTenant(slug));
      if (key !== undefined) keys.set(key, { id, about });
      changes.emit('added', id);
      return view(require(id));
    },
    async rollback(slug, body) {
      fleet.asked.push(`rollback ${slug} ${JSON.stringify(body)}`);
      const tenant = requireTenant(slug);
      const latest = [...fleet.upgrades.values()].findLast((upgrade) => upgrade.tenant === tenant);
      if (latest === undefined) throw new AppError('unknown-upgrade', `${slug} has had no upgrade yet`);
      fleet.append(latest.id, { type: 'rollback', id: makeId(), restore_database: body.restore_database });
      return view(latest);
    },
    async resume(slug, body) {
      fleet.asked.push(`resume ${slug} ${JSON.stringify(body)}`);
      const tenant = requireTenant(slug);
      const held = [...fleet.upgrades.values()].findLast((upgrade) => upgrade.tenant === tenant);
      if (held === undefined) throw new AppError('nothing-to-do', `no upgrade of ${slug} needs an operator`);
      fleet.append(held.id, { type: 'resume', id: makeId(), accept: body.accept });
      return view(held);
    },
    async mark(slug, mark) {
      fleet.asked.push(`mark ${slug} ${JSON.stringify(mark)}`);
      requireTenant(slug);
    },
    async listHookRuns(slug, query) {
      const tenant = requireTenant(slug);
      const upgrades = [...fleet.upgrades.values()].filter((upgrade) => upgrade.tenant === tenant);
      return pageOf(upgrades.flatMap((upgrade) => listHookRuns(upgrade.id, eventsOf(upgrade))).toReversed(), query);
    },
    async cancel(id, body) {
      fleet.asked.push(`cancel ${id} ${JSON.stringify(body)}`);
      const upgrade = require(id);
      if (fleet.refusal !== null) throw fleet.refusal;
      if (upgrade.state === 'ended') throw new AppError('nothing-to-do', `the upgrade ${id} has ended already`);
      fleet.append(id, { type: 'cancel', force: body.force });
      return view(upgrade);
    },
    async listUpgrades({ tenant, host = 'h1', status, ...query }) {
      const all = [...fleet.upgrades.values()]
        .toReversed()
        .map(view)
        .filter((upgrade) => tenant === undefined || upgrade.tenant === tenant)
        .filter((upgrade) => upgrade.host === host && (status === undefined || upgrade.status === status));
      return pageOf(all.map(summarize), query);
    },
    findUpgrade: async (id) => view(require(id)),
    async waitForUpgrade(id, signal) {
      const upgrade = require(id);
      const arrivals = on(changes, id, { signal });
      try {
        while (upgrade.state !== 'ended') await arrivals.next();
      } catch (error) {
        if (!signal.aborted) throw error;
      }
      return view(upgrade);
    },
    async *followStream(id, after, signal) {
      const upgrade = require(id);
      const arrivals = on(changes, id, { signal });
      let sent = upgrade.stream.filter(({ seq }) => seq <= after).length;
      for (;;) {
        while (sent < upgrade.stream.length) {
          signal.throwIfAborted();
          const item = upgrade.stream[sent];
          sent += 1;
          if (item !== undefined) yield item;
        }
        if (upgrade.state === 'ended') return;
        await arrivals.next();
      }
    },
    async *readStream(id, after) {
      yield* require(id).stream.filter(({ seq }) => seq > after);
    },
  };
  return fleet;
}

function pageOf<Item>(items: Item[], { limit, cursor = '0' }: PageQuery): Page<Item> {
  const end = Number(cursor) + limit;
  return { items: items.slice(Number(cursor), end), next: items.length > end ? String(end) : null };
}

function summarize(upgrade: Upgrade): UpgradeSummary {
  const { failure, steps } = upgrade;
  return {
    ...upgrade,
    step: steps.at(-1)?.name ?? null,
    message: failure?.message ?? null,
    needs_operator: failure?.needs_operator === true,
  };
}
