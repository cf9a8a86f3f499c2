// The plans of many tenants for one request, over real repositories and accounts.
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { uuidv7 } from 'uuidv7';
import type { PlannedSink, PlannedTenant } from '../../../../agent/scheduler/plan_tenants.js';
import { createJournal } from '../../../../agent/store/journal.js';
import type { Origin } from '../../../../agent/store/origin.js';
import { toErrorBody } from '../../../../shared/model/error_body.js';
import { planClassOf } from '../../../../shared/model/plan/plan_class.js';
import type { UpgradeRequest } from '../../../../shared/model/request.js';
import { systemClock } from '../../../../shared/os/clock.js';
import { gate, openPlainHost, type PlainHost, type PlainTenant } from '../../../helpers/agent/plain_host.js';
import { seeChange } from '../../../helpers/see_change.js';

const token_file = `/root/.drover-test-token-${process.pid}`;
const wish: UpgradeRequest = { version: 'v0.2.0', force: false, allow_downgrade: false, from: null, commit: null };
const remote: Origin = { by: 'controller', startWithinMs: 60_000 };

async function open(tenants: readonly PlainTenant[]): Promise<PlainHost> {
  const plain = await openPlainHost(tenants);
  onTestFinished(() => plain.close());
  return plain;
}

function createSink(onAdd: (planned: PlannedTenant) => void = () => undefined) {
  const planned: PlannedTenant[] = [];
  const sink: PlannedSink = {
    async add(one) {
      planned.push(one);
      onAdd(one);
    },
    flush: async () => undefined,
  };
  return { sink, planned };
}

async function planAll(plain: PlainHost, tenants: readonly string[], request: Partial<UpgradeRequest> = {}) {
  const { sink, planned } = createSink();
  const asked = { tenants, request: { ...wish, ...request }, by: 'controller' } as const;
  await plain.upgrades.planTenants(asked, { sink, signal: new AbortController().signal });
  return planned;
}

const plansOf = (planned: readonly PlannedTenant[]) => planned.flatMap((one) => ('plan' in one ? [one.plan] : []));
const codesOf = (planned: readonly PlannedTenant[]) =>
  Object.fromEntries(planned.map((one) => [one.tenant, 'plan' in one ? null : toErrorBody(one.error).code]));

/** What this plan would build is there already. */
function fillCache(plain: PlainHost, slug: string, key: string | null): void {
  const appDir = path.join(plain.placeOf(slug), 'app');
  mkdirSync(path.join(appDir, 'venv.d', key ?? ''), { recursive: true });
  writeFileSync(path.join(appDir, 'venv.d', key ?? '', '.complete'), '');
  symlinkSync(`venv.d/${key}`, path.join(appDir, 'venv'));
  execFileSync('chown', ['--recursive', '--no-dereference', 'nobody:', appDir]);
}

const keys = (port: number, python: string) => ({
  health: { url: `http://127.0.0.1:${port}/health`, timeout: '1s', interval: '1s' },
  requirements: { file: 'requirements.txt', venv: 'venv', python },
});

it('are of one class for tenants of other users, paths, ports and caches, after one fetch', async () => {
  const plain = await open([
    { slug: 'anna', keys: keys(1, 'python3') },
    { slug: 'bert', user: 'games', place: 'far/away/bert', keys: keys(2, '/tmp/../usr/bin/python3') },
    { slug: 'cora', keys: keys(3, 'python3') },
    { slug: 'dora', keys: { requirements: 'none' } },
  ]);
  const [first] = plansOf(await planAll(plain, ['cora']));
  fillCache(plain, 'cora', first?.requirements.key ?? null);
  plain.countFetches();

  const planned = await planAll(plain, ['anna', 'bert', 'cora', 'dora', 'anna']);
  expect(plain.countFetches()).toBe(1);
  const plans = plansOf(planned).toSorted((left, right) => (left.tenant < right.tenant ? -1 : 1));
  expect(plans.map(({ tenant }) => tenant)).toEqual(['anna', 'bert', 'cora', 'dora']);
  expect(plans.flatMap(({ blockers }) => blockers)).toEqual([]);
  const [anna, bert, cora, dora] = plans;
  expect(cora?.requirements.action).toBe('unchanged');
  expect(anna?.requirements.action).toBe('ahead');
  expect(new Set([anna, bert, cora].map((plan) => plan?.requirements.key)).size).toBe(3);
  for (const plan of [anna, bert, cora]) expect(plan?.warning_codes).toEqual(['unhealthy-now']);
  const classes = [anna, bert, cora, dora].map((plan) => (plan === undefined ? '' : planClassOf(plan)));
  expect(new Set(classes.slice(0, 3)).size).toBe(1);
  expect(classes[3]).not.toBe(classes[0]);
});

/** An upgrade of the tenant that waits for an operator. */
async function hold(plain: PlainHost, tenant: string): Promise<void> {
  const id = uuidv7();
  const journal = await createJournal(path.join(plain.state.upgrades, id), systemClock);
  const begin = { type: 'begin', version: 1, id, tenant, host: 'h', request: wish } as const;
  journal.append({ ...begin, plan: null, current_version: null, config: {} });
  const failure = { step: null, code: 'io', message: 'no', output_tail: '', needs_operator: true } as const;
  journal.append({ type: 'finish', status: 'failed', current_version: null, hold: 'undo-failed', failure });
  await journal.sync();
  journal.close();
}

/** Begins an upgrade of the tenant, which lasts until its gate is opened. */
async function beginUpgrade(plain: PlainHost, tenant: string) {
  const data = path.join(plain.placeOf(tenant), 'db');
  writeFileSync(path.join(data, gate), '');
  chmodSync(data, 0o777);
  const id = uuidv7();
  await plain.upgrades.upgrade(id, tenant, { request: wish, origin: remote });
  return {
    id,
    seeHook: () => seeChange(data, () => existsSync(path.join(data, 'hooks.log'))),
    openGate: () => rmSync(path.join(data, gate)),
  };
}

it('are errors of their own where a tenant is unknown, broken, held, busy, or does not allow what is asked', async () => {
  const rights = { allow_remote: ['from'] };
  const plain = await open([
    { slug: 'anna', keys: rights },
    { slug: 'broken', text: 'slug: broken\ncolour: red\n' },
    { slug: 'busy', keys: rights },
    { slug: 'closed' },
    { slug: 'held', keys: rights },
  ]);
  await hold(plain, 'held');
  // A refused one is not the latest.
  await plain.upgrades.upgrade(uuidv7(), 'held', { request: wish, origin: remote });
  await plain.upgrades.idle();
  const { openGate, seeHook } = await beginUpgrade(plain, 'busy');
  await seeHook();
  const { sink, planned } = createSink();
  const flushed = new Promise<void>((resolve) => {
    sink.flush = async () => resolve();
  });
  const tenants = ['nobody-knows', 'broken', 'closed', 'busy', 'held', 'anna'];
  const asked = { tenants, request: { ...wish, from: 'v0.1.0' }, by: 'controller' } as const;
  const done = plain.upgrades.planTenants(asked, { sink, signal: new AbortController().signal });
  await flushed;
  // Those that need no look have their answer before the upgrade ends; no plan has begun.
  const answered = { 'nobody-knows': 'unknown-tenant', broken: 'config', closed: 'not-allowed-remotely', busy: 'busy' };
  expect(codesOf(planned)).toEqual(answered);
  openGate();
  await done;
  await plain.upgrades.idle();
  expect(codesOf(planned)).toEqual({ ...answered, held: 'unresolved', anna: null });
  expect(plansOf(planned).map(({ blockers }) => blockers)).toEqual([[]]);
});

it('ask no remote where the request names the commit at which the mirror has the tag, and otherwise one once', async () => {
  const plain = await open(['anna', 'bert', 'cora'].map((slug) => ({ slug })));
  const commit = plain.repository.git('rev-parse', 'v0.2.0^{commit}');
  const all = ['anna', 'bert', 'cora'];
  const classesOf = async (request: Partial<UpgradeRequest>) =>
    plansOf(await planAll(plain, all, request)).map((plan) => [planClassOf(plan), plan.blockers[0]?.code]);
  const [[made] = []] = await classesOf({ commit });
  // The mirror was empty.
  expect(plain.countFetches()).toBe(1);
  const away = `${plain.repository.folder}.away`;
  renameSync(plain.repository.folder, away);
  expect(await classesOf({ commit })).toEqual(all.map(() => [made, undefined]));
  expect(plain.countFetches()).toBe(0);
  for (const request of [{}, { commit: '0'.repeat(40) }, { version: 'v0.1.0', commit }, { version: null, commit }]) {
    const codes = (await classesOf(request)).map(([, code]) => code);
    expect(codes).toEqual(all.map(() => 'repository-unreachable'));
    expect(plain.countFetches()).toBe(1);
  }
});

it('share no answer of a remote between tenants that show it different credentials', async () => {
  writeFileSync(token_file, 'secret-token\n', { mode: 0o600 });
  onTestFinished(() => rmSync(token_file));
  const plain = await open([{ slug: 'anna' }, { slug: 'bert' }, { slug: 'cora', keys: { repo_auth: { token_file } } }]);
  expect(plansOf(await planAll(plain, ['anna', 'bert', 'cora']))).toHaveLength(3);
  expect(plain.countFetches()).toBe(2);
});

it('are made two at a time, and end with their request', async () => {
  const slugs = Array.from({ length: 6 }, (_, index) => `t${index}`);
  const plain = await open(slugs.map((slug) => ({ slug })));
  const ending = new AbortController();
  const begun: string[] = [];
  let most = 0;
  const find = plain.tenants.find.bind(plain.tenants);
  plain.tenants.find = (slug) => {
    begun.push(slug);
    most = Math.max(most, begun.length - slugs.length - planned.length);
    return find(slug);
  };
  const { sink, planned } = createSink(() => planned.length === 3 && ending.abort(new Error('it was stopped')));
  const asked = { tenants: slugs, request: wish, by: 'controller' } as const;
  await expect(plain.upgrades.planTenants(asked, { sink, signal: ending.signal })).rejects.toThrow('it was stopped');
  expect(most).toBe(2);
  expect(planned.length).toBe(3);
  // Nothing of it goes on: the next request has both places.
  expect(plansOf(await planAll(plain, slugs))).toHaveLength(slugs.length);
});

it('are refused as a whole to a controller that asks again and again, and then nobody is planned', async () => {
  const plain = await open([{ slug: 'anna' }]);
  const { sink, planned } = createSink();
  const asked = { tenants: [], request: wish, by: 'controller' } as const;
  const ask = () => plain.upgrades.planTenants(asked, { sink, signal: new AbortController().signal });
  for (let n = 0; n < 30; n += 1) await ask();
  await expect(ask()).rejects.toMatchObject({ code: 'busy' });
  await expect(planAll(plain, ['anna'])).rejects.toMatchObject({ code: 'busy' });
  expect(planned).toEqual([]);
  // A single plan has a limit of its own.
  expect((await plain.upgrades.plan('anna', wish, 'controller')).blockers).toEqual([]);
});
