// Pages of the list of upgrades, however many are stored.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createCore } from '../../../controller/program/core.js';
import { openStoreDatabase } from '../../../controller/store/sqlite/database/database.js';
import { upgradesQuerySchema } from '../../../shared/wire/api.js';
import { systemClock } from '../../../shared/os/clock.js';
import { makeId } from '../../../shared/os/ids.js';
import type { Row } from '../row.js';

const bencher = { token: 'bench', name: 'bench', address: null, reason: null };
const sizes = [1000, 10_000, 100_000, 1_000_000];
const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const filters = [{}, { tenant: 't7' }, { host: 'h7' }, { status: 'failed' }, { tenant: 't7', status: 'failed' }];

export const upgradeLists: Row = {
  name: 'upgrade-lists',
  what: 'the slowest page of 100 upgrades among a million, with and without filters, at its first and at a later page',
  unit: 'ms',
  bound: 'figure',
  limit: 50,
  target: 10,
  async measure() {
    const figures: number[] = [];
    for (const size of sizes) figures.push(await measureLists(size));
    const [control = 0, figure = 0] = [figures[0], figures.at(-1)];
    const grown = sizes.map((size, index) => `${size}: ${figures[index]?.toFixed(1)} ms`).join(', ');
    return {
      measured: { figure, control, ratio: figure / control },
      remark: `the control is a store of a thousand; ${grown}`,
    };
  },
};

async function measureLists(size: number): Promise<number> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'drover-bench-lists-'));
  const storeFile = path.join(folder, 'controller.db');
  await fill(storeFile, size);
  const core = createCore({
    storeFile,
    clock: systemClock,
    makeId,
    randomBytes,
    log: quiet,
    isOwnAuthority: () => true,
    agentUrl: () => '',
  });
  const fleet = core.fleetFor({ scope: null, actor: bencher });
  let worst = 0;
  for (const filter of filters) {
    const query = upgradesQuerySchema.parse({ ...filter, limit: 100 });
    let cursor: string | null = null;
    for (let page = 0; page < 5; page += 1) {
      const sinceMs = performance.now();
      const { next } = await fleet.listUpgrades({ ...query, ...(cursor === null ? {} : { cursor }) });
      // The first page of all also warms up.
      if (page > 0 || filter !== filters[0]) worst = Math.max(worst, performance.now() - sinceMs);
      cursor = next;
      if (next === null) break;
    }
  }
  await core.close();
  rmSync(folder, { recursive: true });
  return worst;
}

/** Upgrades of a thousand tenants on two hundred hosts; one in a hundred failed. */
async function fill(storeFile: string, size: number): Promise<void> {
  const database = openStoreDatabase(storeFile);
  const at = new Date().toISOString();
  for (let from = 0; from < size; from += 10_000) {
    await database.write((sql) => {
      for (let n = from; n < Math.min(size, from + 10_000); n += 1) {
        const status = n % 100 === 50 ? 'failed' : 'success';
        sql.run(
          `INSERT INTO upgrades (id, tenant, host, status, created_at, started_at, finished_at, events, items)
             VALUES (?, ?, ?, ?, ?, ?, ?, 60, 90)`,
          [makeId(), `t${n % 1000}`, `h${n % 200}`, status, at, at, at],
        );
      }
    });
  }
  await database.close();
}
