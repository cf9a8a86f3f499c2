// What a report costs the store: rows are written where something has changed, and nowhere else.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openStoreDatabase } from '../../../../../controller/store/sqlite/database/database.js';
import { createHostStore } from '../../../../../controller/store/sqlite/hosts.js';
import { makeReport, reportedTenant } from '../../../../helpers/controller/protocol_peer.js';

const at = '2026-01-01T00:00:00.000Z';

function open() {
  const folder = mkdtempSync(path.join(tmpdir(), 'drover-store-'));
  const database = openStoreDatabase(path.join(folder, 'controller.db'));
  onTestFinished(async () => {
    await database.close();
    rmSync(folder, { recursive: true });
  });
  const hosts = createHostStore(database);
  /** How many rows were written meanwhile. */
  async function count(work: () => Promise<unknown>): Promise<number> {
    const query = 'SELECT total_changes() AS total';
    const before = Number(database.read.get(query)?.['total']);
    await work();
    return Number(database.read.get(query)?.['total']) - before;
  }
  return { hosts, count };
}

it('a report that says the same writes the figures; one changed tenant is one more row, and a new version another', async () => {
  const { hosts, count } = open();
  await hosts.connect({ host: 'h1', agentVersion: '1', protocolVersion: 1, clockSkewMs: 0, at });
  const tenants = Array.from({ length: 200 }, (_, n) => reportedTenant(`t${n}`));
  await hosts.report('h1', makeReport(tenants), at);
  expect(await count(() => hosts.report('h1', makeReport(tenants), at))).toBe(1);
  const [first, ...rest] = tenants;
  const moved = [reportedTenant('t0', { drift: 'moved' }), ...rest];
  expect([first?.slug, await count(() => hosts.report('h1', makeReport(moved), at))]).toEqual(['t0', 2]);
  const changes = { type: 'report_changes' as const, gone: [] };
  const upgraded = [reportedTenant('t0', { version: 'v0.2.0' })];
  expect(await count(() => hosts.report('h1', { ...changes, tenants: upgraded }, at))).toBe(2);
  expect(await count(() => hosts.report('h1', { ...changes, tenants: [], facts: makeReport([]).facts }, at))).toBe(0);
});
