// Pages of the list of rollouts and of the targets of one, however many are stored.
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createRollouts } from '../../../controller/rollout/create_rollouts.js';
import type { Rollouts } from '../../../controller/rollout/rollouts.js';
import type { Store } from '../../../controller/store/port.js';
import { openStoreDatabase, type Sql } from '../../../controller/store/sqlite/database/database.js';
import { openStore } from '../../../controller/store/sqlite/open_store.js';
import { rolloutSettingsSchema } from '../../../shared/model/rollout.js';
import { parseScope } from '../../../shared/selection/parse_selection.js';
import { systemClock } from '../../../shared/os/clock.js';
import { createNotifier } from '../../../shared/os/notifier.js';
import { makeId } from '../../../shared/os/ids.js';
import type { Row } from '../row.js';

const sizes = [1, 100];
const tenants = 10_000;

export const rolloutLists: Row = {
  name: 'rollout-lists',
  what: 'the slowest of a list of rollouts, what `watch` shows of one, and a page of 100 of its targets, with 100 rollouts of 10,000 targets',
  unit: 'ms',
  bound: 'figure',
  limit: 50,
  target: 25,
  async measure() {
    const figures: Record<string, number>[] = [];
    for (const size of sizes) figures.push(await measureLists(size));
    const worst = figures.map((figure) => Math.max(...Object.values(figure)));
    const [control = 0, figure = 0] = [worst[0], worst.at(-1)];
    const parts = Object.entries(figures.at(-1) ?? {}).map(([what, ms]) => `${what} ${ms.toFixed(1)} ms`);
    return {
      measured: { figure, control, ratio: figure / control },
      remark: `the control is a store with one rollout; ${parts.join(', ')}`,
    };
  },
};

async function measureLists(rollouts: number): Promise<Record<string, number>> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'drover-bench-rollouts-'));
  const file = path.join(folder, 'controller.db');
  const ids = await fill(file, rollouts);
  const store = openStore(file);
  const api = openRollouts(store);
  const id = ids.at(-1) ?? '';
  const asked: Record<string, () => Promise<unknown>> = {
    list: () => store.rollouts.list({ limit: 100 }, null),
    'list in a scope': () => store.rollouts.list({ limit: 100 }, parseScope('slug=t07777')),
    find: () => store.rollouts.find(id, null),
    targets: () => store.rollouts.listTargets(id, { limit: 100 }, null),
    'last targets': () => lastPage(store, id),
    watch: () => api.find(id),
    'a page of them': () => api.listTargets(id, { limit: 100 }),
    'by stage': () => api.listTargets(id, { limit: 100, stage: 'ended' }),
    'by outcome': () => api.listTargets(id, { limit: 100, outcome: 'success', wave: 2 }),
    'by none': () => api.listTargets(id, { limit: 100, stage: 'running' }),
  };
  const figures: Record<string, number> = {};
  for (const [what, ask] of Object.entries(asked)) {
    // The first ones warm up.
    for (let times = 0; times < 5; times += 1) await ask();
    const sinceMs = performance.now();
    for (let times = 0; times < 5; times += 1) await ask();
    figures[what] = (performance.now() - sinceMs) / 5;
  }
  await store.close();
  rmSync(folder, { recursive: true });
  return figures;
}

const step = async () => undefined;

/** As the API has them. */
function openRollouts(store: Store): Rollouts {
  const connections = { isConnected: () => false, request: () => Promise.reject(new Error('nothing is asked')) };
  const here = { isConnected: true, since: at, wasAway: false, hasCaughtUp: true };
  const fleetView = { isConnected: () => true, of: () => ({ host: () => here }) };
  const parts = { store, connections, fleetView, notifier: createNotifier(), step, clock: systemClock, makeId };
  const actor = { token: 'bench', name: 'bench', address: null, reason: null };
  return createRollouts(parts)({ scope: null, actor });
}

const lastPage = (store: Store, id: string) => store.rollouts.listTargets(id, { limit: 100, cursor: '2:t09990' }, null);

/** Ended rollouts of the same tenants on 500 hosts, in three waves; returns their ids. */
async function fill(file: string, rollouts: number): Promise<string[]> {
  const database = openStoreDatabase(file);
  await database.write(fillTenants);
  const ids = Array.from({ length: rollouts }, () => makeId());
  for (const [index, id] of ids.entries()) await database.write((sql) => fillRollout(sql, id, index * tenants));
  await database.close();
  return ids;
}

const numbers = `WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${tenants - 1})`;
const slug = `printf('t%05d', n)`;
const host = `'h' || (n % 500)`;
const at = '2026-01-01T00:00:00.000Z';

function fillTenants(sql: Sql): void {
  sql.run(`${numbers} INSERT INTO slugs (slug, host, since) SELECT ${slug}, ${host}, ? FROM numbers`, [at]);
  sql.run(
    `${numbers} INSERT INTO tenants (slug, host, reported_at, report, has_drift) SELECT ${slug}, ${host}, ?,
       json_object('slug', ${slug}, 'version', 'v0.1.0', 'state', 'idle', 'labels', json('{}')), 0 FROM numbers`,
    [at],
  );
}

function fillRollout(sql: Sql, id: string, from: number): void {
  const result = JSON.stringify({ steps: [{ name: 'migrate', status: 'ok', ms: 10 }], details: ['x'.repeat(2000)] });
  sql.run(
    `${numbers} INSERT INTO upgrades (no, id, tenant, host, status, created_at, new_version, events, items, result)
       SELECT ?1 + n + 1, ?2 || '-' || n, ${slug}, ${host}, 'success', ?3, 'v0.2.0', 60, 90, ?4 FROM numbers`,
    [from, id, at, result],
  );
  sql.run(
    `${numbers} INSERT INTO attempts (upgrade, rollout, attempt, began_at, ended_at)
       SELECT ?1 + n + 1, ?2, 1, ?3, ?3 FROM numbers`,
    [from, id, at],
  );
  sql.run(
    `${numbers} INSERT INTO rollout_targets (rollout, slug, host, wave, is_open, attempt, upgrade, ordered_at)
       SELECT ?2, ${slug}, ${host}, n % 3, 0, 1, ?1 + n + 1, ?3 FROM numbers`,
    [from, id, at],
  );
  const waves = [0, 1, 2].map((no) => ({ no, name: `${no}`, opened_at: at, passed_at: at, approved_at: null }));
  sql.run(
    `INSERT INTO rollouts (id, version, target_commit, settings, state, since, budget, waves, created_at, created_by, ended_at)
       VALUES (?, 'v0.2.0', ?, ?, 'done', ?, 3, ?, ?, 'bench', ?)`,
    [id, 'c'.repeat(40), JSON.stringify(rolloutSettingsSchema.parse({})), at, JSON.stringify(waves), at, at],
  );
}
