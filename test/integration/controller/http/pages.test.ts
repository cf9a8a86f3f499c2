// Pages of a large fleet, through the API and the store: each tenant once, in order.
import { expect, it, onTestFinished } from 'vitest';
import { apiPrefix, pageOf, tenantSchema } from '../../../../shared/wire/api.js';
import { startRig } from '../../../helpers/controller/controller_rig.js';
import { makeReport, reportedTenant } from '../../../helpers/controller/protocol_peer.js';
import { startApi } from '../../../helpers/controller/serve_api.js';

const at = '2026-01-01T00:00:00.000Z';
const hosts = ['h1', 'h2', 'h3'];
const count = 10_000;
const maxLimit = 1000;
/** In no order: 7919 has no divisor in common with their number. */
const slugs = Array.from({ length: count }, (_unused, n) => `tenant-${(n * 7919) % count}`);

/** The API before a store that holds them all, every third one of another host. */
async function serveTenants() {
  const rig = await startRig();
  onTestFinished(() => rig.close());
  const { core, fleet } = rig;
  const { ask, close } = await startApi({ fleet });
  onTestFinished(() => close());
  for (const [index, host] of hosts.entries()) {
    await core.store.hosts.connect({ host, agentVersion: '1', protocolVersion: 1, clockSkewMs: 0, at });
    const tenants = slugs.filter((_slug, n) => n % hosts.length === index).map((slug) => reportedTenant(slug));
    expect(await core.store.hosts.report(host, makeReport(tenants), at)).toEqual([]);
  }
  return async (query: Record<string, string>) => {
    const response = await ask(`${apiPrefix}/tenants?${new URLSearchParams(query).toString()}`);
    return pageOf(tenantSchema).parse(await response.json());
  };
}

it.each([maxLimit, 999])('of 10,000 tenants, %i to a page, show each of them once, in order', async (limit) => {
  const list = await serveTenants();
  const pages = [await list({ limit: String(limit) })];
  for (let next = pages[0]?.next ?? null; next !== null && pages.length < 20; ) {
    const page = await list({ limit: String(limit), cursor: next });
    pages.push(page);
    next = page.next;
  }
  expect(pages.flatMap(({ items }) => items.map(({ slug }) => slug))).toEqual(slugs.toSorted());
  const full = Math.floor(count / limit);
  const rest = count % limit;
  expect(pages.map(({ items }) => items.length)).toEqual([...Array<number>(full).fill(limit), rest].filter(Boolean));
});
