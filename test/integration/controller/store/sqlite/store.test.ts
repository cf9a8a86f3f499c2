// The store in SQLite keeps the store's contract, and a page of a list costs one query that looks rows up by an index.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import {
  openStoreDatabase,
  type Sql,
  type StoreDatabase,
} from '../../../../../controller/store/sqlite/database/database.js';
import { orderSchema } from '../../../../../controller/store/order.js';
import { createFoldStored } from '../../../../../controller/store/sqlite/fold_stored.js';
import { createHostReads, createHostStore } from '../../../../../controller/store/sqlite/hosts.js';
import { openStore } from '../../../../../controller/store/sqlite/open_store.js';
import { createOrderStore } from '../../../../../controller/store/sqlite/orders/orders.js';
import { createUpgradeStore } from '../../../../../controller/store/sqlite/upgrades.js';
import { sharedLimits } from '../../../../../shared/limits.js';
import { eventSchema } from '../../../../../shared/model/journal/events.js';
import { problemsSchema } from '../../../../../shared/model/report/report.js';
import { resultSchema } from '../../../../../shared/model/result.js';
import { hostSchema, pageQuerySchema, upgradeSummarySchema } from '../../../../../shared/wire/api.js';
import { parseScope } from '../../../../../shared/selection/parse_selection.js';
import { describeStore } from '../contract/store.js';

describeStore('SQLite', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'drover-store-'));
  const store = openStore(path.join(folder, 'controller.db'));
  return {
    store,
    async remove() {
      await store.close();
      rmSync(folder, { recursive: true });
    },
  };
});

it('costs one query a page, and no look through a whole table for a row of it', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'drover-store-'));
  const database = openStoreDatabase(path.join(folder, 'controller.db'));
  try {
    await database.write((sql) => {
      for (let n = 0; n < 150; n += 1) fill(sql, String(n).padStart(3, '0'));
    });
    const { counted, queries } = countQueries(database);
    const [hosts, upgrades] = [createHostStore(counted), createUpgradeStore(counted, createFoldStored(counted.read))];
    const pages = [
      await hosts.list({ limit: 100 }),
      await hosts.listTenants({ limit: 100 }),
      await upgrades.list({ limit: 100 }),
    ];
    const scoped = createHostReads(counted.read, parseScope('slug!=t000 & ring!=a'));
    pages.push(await scoped.list({ limit: 100 }), await scoped.listTenants({ limit: 100 }));
    const filtered = [{ host: 'h007' }, { tenant: 't007' }, { status: 'queued' as const }];
    for (const filter of filtered) await upgrades.list({ limit: 100, ...filter });
    expect(pages.map(({ items }) => items.length)).toEqual([100, 100, 100, 100, 100]);
    expect(queries).toHaveLength(8);
    const plans = queries.flatMap(([sql, values]) => database.read.all(`EXPLAIN QUERY PLAN ${sql}`, values));
    const details = plans.map(({ detail }) => String(detail));
    expect(details.filter((line) => /^SCAN (?!upgrades USING INDEX|\(subquery)/.test(line))).toEqual([]);
    expect(details.filter((line) => line.includes('TEMP B-TREE'))).toEqual([]);
  } finally {
    await database.close();
    rmSync(folder, { recursive: true });
  }
});

const rolloutTableNames = [
  'fleet_plans',
  'planned_tenants',
  'plan_classes',
  'rollouts',
  'rollout_targets',
  'attempts',
  'unfixed_failures',
  'freezes',
];

it('has hosts that joined an older controller and never connected, and those that did', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'drover-store-'));
  const file = path.join(folder, 'controller.db');
  const now = openStoreDatabase(file);
  await now.write((sql) => {
    const version = Number(sql.get('PRAGMA user_version')?.['user_version']);
    // The steps that followed.
    for (const table of rolloutTableNames) sql.run(`DROP TABLE ${table}`);
    sql.run('ALTER TABLE controller DROP COLUMN run');
    sql.run('ALTER TABLE webhooks DROP COLUMN old_secrets');
    sql.run('DROP TABLE hosts');
    sql.run(`CREATE TABLE hosts (host TEXT PRIMARY KEY, agent_version TEXT NOT NULL, protocol_version INTEGER NOT NULL,
      first_seen_at TEXT NOT NULL, connected_at TEXT NOT NULL, seen_at TEXT NOT NULL, clock_skew_ms INTEGER NOT NULL,
      facts TEXT, problems TEXT NOT NULL DEFAULT '[]', stored_bytes INTEGER NOT NULL DEFAULT 0, figures TEXT) STRICT`);
    sql.run(`INSERT INTO hosts VALUES ('h1', '0.1', 2, 'first', 'then', 'last', 7, NULL, '[]', 5, NULL)`);
    for (const host of ['h1', 'h2']) {
      const columns = 'key, host, state, since, enrolled_at';
      sql.run(`INSERT INTO host_keys (${columns}) VALUES (?1, ?1, 'active', 'at', 'at')`, [host]);
    }
    sql.run(`PRAGMA user_version = ${version - 3}`);
  });
  await now.close();
  const store = openStore(file);
  try {
    expect((await store.hosts.list({ limit: 9 })).items).toMatchObject([
      { host: 'h1', first_seen_at: 'first', connected_at: 'then', seen_at: 'last', clock_skew_ms: 7 },
      { host: 'h2', first_seen_at: 'at', connected_at: null, seen_at: null, clock_skew_ms: null },
    ]);
    expect((await store.readCounts()).hosts).toEqual({ known: 1, joined: 1 });
  } finally {
    await store.close();
    rmSync(folder, { recursive: true });
  }
});

it('lists every tenant and host beside one whose stored report is over a limit of today', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'drover-store-'));
  const database = openStoreDatabase(path.join(folder, 'controller.db'));
  try {
    await database.write((sql) => {
      for (const n of ['1', '2']) fill(sql, n);
      sql.run(`UPDATE tenants SET report = json_set(report, '$.version', ?) WHERE slug = 't1'`, ['v 1\u0007']);
      sql.run(`UPDATE hosts SET facts = '{"os": 7}' WHERE host = 'h1'`);
    });
    const hosts = createHostStore(database);
    const tenants = (await hosts.listTenants({ limit: 100 })).items.flatMap(({ report }) => report ?? []);
    expect(tenants.map(({ slug, state }) => `${slug} ${state}`)).toEqual(['t1 broken', 't2 idle']);
    expect(tenants[0]?.problems[0]?.message).toMatch('stored report');
    expect((await hosts.list({ limit: 100 })).items.map(({ facts }) => facts)).toEqual([null, null]);
  } finally {
    await database.close();
    rmSync(folder, { recursive: true });
  }
});

it('lists and tells what an older controller stored beyond a limit of today', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'drover-store-'));
  const database = openStoreDatabase(path.join(folder, 'controller.db'));
  const long = 'x'.repeat(sharedLimits.text.max + 1);
  const body = JSON.stringify({ n: 1, at: '2026-01-01T00:00:00.000Z', type: 'line', text: long });
  try {
    await database.write((sql) => {
      for (const n of [' 1', '2', '3']) fill(sql, n);
      sql.run(`UPDATE hosts SET problems = ?`, [JSON.stringify([{ message: long, hint: null }])]);
      const over = `UPDATE upgrades SET status = 'failed', message = ?, new_version = 'v 1', result = ?`;
      sql.run(`${over} WHERE id IN ('u 1', 'u2')`, [long, '{"status": "failed", "downtime_ms": null}']);
      const columns = 'id, kind, tenant, host, body, upgrade, created_at, expires_at';
      sql.run(`INSERT INTO orders (${columns}) VALUES ('o', 'upgrade', 't2', 'h2', ?, 'o', '2026', '2026')`, [
        '{"request": {"version": "v 1"}}',
      ]);
      sql.run(`INSERT INTO stream_items (upgrade, seq, body) SELECT no, 1, ? FROM upgrades`, [body]);
      sql.run(`UPDATE upgrades SET items = 1, events = 1`);
    });
    const hosts = createHostStore(database);
    const first = await hosts.list({ limit: 1 });
    const next = await hosts.list({ limit: 9, cursor: pageQuerySchema.parse({ cursor: first.next }).cursor });
    const names = [...first.items, ...next.items].map((host) => hostSchema.shape.host.parse(host.host));
    expect(names).toEqual(['x-h_1', 'h2', 'h3']);
    expect(problemsSchema.parse(first.items[0]?.problems)).toHaveLength(1);
    const upgrades = createUpgradeStore(database, createFoldStored(database.read));
    for (const { message, tenant } of (await upgrades.list({ limit: 9 })).items) {
      upgradeSummarySchema.pick({ message: true, tenant: true }).parse({ message, tenant });
    }
    expect(resultSchema.parse(await upgrades.readResult('u2'))).toMatchObject({ id: 'u2', status: 'failed' });
    const [order, ...others] = await createOrderStore(database).endExpired('2026-06-01T00:00:00.000Z');
    expect(orderSchema.parse(order)).toMatchObject({ id: 'o', request: { version: 'x-v_1' } });
    expect(others).toEqual([]);
    expect(await upgrades.readResult('u3')).toMatchObject({ status: 'running' });
    const [line] = await upgrades.readStream('u3', { after: 0, limit: 9 });
    expect(eventSchema.parse(Object(line?.item).event)).toMatchObject({ type: 'line', n: 1 });
  } finally {
    await database.close();
    rmSync(folder, { recursive: true });
  }
});

function fill(sql: Sql, n: string): void {
  sql.run(`INSERT INTO hosts (host, first_seen_at) VALUES (?, '')`, [`h${n}`]);
  const report = { slug: `t${n}`, version: null, commit: null, head: null, drift: null, state: 'idle', hold: null };
  const text = JSON.stringify({ ...report, labels: {}, problems: [] });
  sql.run(`INSERT INTO slugs (slug, host, since) VALUES (?, ?, '')`, [`t${n}`, `h${n}`]);
  sql.run(`INSERT INTO tenants VALUES (?, ?, NULL, '', ?, 0, NULL, NULL)`, [`t${n}`, `h${n}`, text]);
  sql.run(`INSERT INTO upgrades (id, tenant, host, status, created_at) VALUES (?, ?, ?, 'queued', '')`, [
    `u${n}`,
    `t${n}`,
    `h${n}`,
  ]);
}

/** The same database, with all that is asked of it. */
function countQueries(database: StoreDatabase): { counted: StoreDatabase; queries: Parameters<Sql['all']>[] } {
  const queries: Parameters<Sql['all']>[] = [];
  const { read } = database;
  const counting: Sql = {
    run: (...asked) => read.run(...asked),
    notify: (key) => read.notify(key),
    tell: (entry) => read.tell(entry),
    get(...asked) {
      queries.push(asked);
      return read.get(...asked);
    },
    all(...asked) {
      queries.push(asked);
      return read.all(...asked);
    },
  };
  return { counted: { ...database, read: counting }, queries };
}
