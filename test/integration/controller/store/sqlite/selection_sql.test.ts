// The SQL of a selection selects the tenants that the selection selects.
import { assert, asyncProperty, constantFrom, letrec, oneof, tuple } from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openStore } from '../../../../../controller/store/sqlite/open_store.js';
import type { Store } from '../../../../../controller/store/port.js';
import type { Selection } from '../../../../../shared/selection/selection.js';
import { parseScope, parseSelection } from '../../../../../shared/selection/parse_selection.js';
import { makeReport, reportedTenant } from '../../../../helpers/controller/protocol_peer.js';
import { matchesSelection, type TenantFacts } from './matches_selection.js';

const at = '2026-01-01T00:00:00.000Z';
const versions = ['v0.3.0', 'v0.4.0-rc.1', 'v0.4.0-rc.11', 'v0.4.0', 'v0.10.0', 'web-1.2', 'main', null];
const hosts = ['eu-1', 'eu-2', 'us-1'];
const tenants: TenantFacts[] = versions.flatMap((version, n) =>
  hosts.map((host, m) => ({
    slug: `${m === 0 ? 'acme' : 'beta'}-${n}${m}`,
    host,
    version,
    state: n % 2 === 0 ? 'idle' : 'broken',
    drift: m === 1,
    labels: n % 3 === 0 ? {} : { ring: n % 3 === 1 ? 'canary' : 'Canary', 'a.b/c': '[1]' },
  })),
);

const texts = `
  slug=acme-00, slug~acme-*, slug!~*-?1, host=eu-1, host!=eu-1, host~*u*, slug~[a]*, slug~*
  version<v0.4.0, version<=v0.4.0, version>v0.4.0-rc.2, version>=0.4, version=main, version!=main, version<web-2.0
  version~v0.*, state=idle, state!=idle, drift=yes, drift!=yes, drift~n?, ring=canary, ring!=canary, ring~*anary
  ring!~c*, a.b/c=[1], a.b/c~[?], nothing=x, nothing!=x, nothing!~x`
  .trim()
  .split(/[,\s]+/);
const { any } = letrec<{ any: string }>((tie) => ({
  any: oneof(
    { maxDepth: 4 },
    constantFrom(...texts),
    tie('any').map((text) => `!(${text})`),
    tuple(tie('any'), constantFrom('&', '|'), tie('any')).map(([a, sign, b]) => `(${a}) ${sign} (${b})`),
  ),
}));

const choose = (selection: Selection, of: readonly TenantFacts[]) =>
  of.flatMap((tenant) => (matchesSelection(selection, tenant) ? [tenant.slug] : [])).toSorted();

async function openFilledStore(): Promise<Store> {
  const folder = mkdtempSync(path.join(tmpdir(), 'drover-store-'));
  const store = openStore(path.join(folder, 'controller.db'));
  onTestFinished(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });
  for (const host of hosts) {
    await store.hosts.connect({ host, agentVersion: '1', protocolVersion: 1, clockSkewMs: 0, at });
    const own = tenants.filter((tenant) => tenant.host === host);
    const reported = own.map(({ slug, version, state, drift, labels }) =>
      reportedTenant(slug, {
        version,
        state: state === 'idle' ? 'idle' : 'broken',
        drift: drift ? 'moved' : null,
        labels: { ...labels },
      }),
    );
    await store.hosts.report(host, makeReport(reported), at);
  }
  return store;
}

it('in the list of tenants', async () => {
  const store = await openFilledStore();
  const list = async (where: Selection) =>
    (await store.hosts.listTenants({ limit: 100, where })).items.map(({ slug }) => slug);
  for (const text of texts) {
    expect([text, ...(await list(parseSelection(text)))]).toEqual([text, ...choose(parseSelection(text), tenants)]);
  }
  await assert(
    asyncProperty(any, async (text) => {
      expect(await list(parseSelection(text))).toEqual(choose(parseSelection(text), tenants));
    }),
  );
});

it('in the scope of a token, where what a host reports as a label grants nothing', async () => {
  const store = await openFilledStore();
  const unlabelled = tenants.map((tenant) => ({ ...tenant, labels: {} }));
  for (const text of texts.filter((one) => !/^(version|state|drift)/.test(one))) {
    const scope = parseScope(text);
    const seen = store.seenBy(scope);
    const slugs = (await seen.hosts.listTenants({ limit: 100 })).items.map(({ slug }) => slug);
    expect([text, ...slugs]).toEqual([text, ...choose(scope, unlabelled)]);
    const ofHosts = (await seen.hosts.list({ limit: 100 })).items.flatMap((host) => host.tenants);
    expect([text, ...ofHosts.toSorted()]).toEqual([text, ...slugs]);
  }
});
