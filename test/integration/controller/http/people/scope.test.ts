// A token with a scope learns nothing of what it does not see, from no route: what it does not see is as what there is not.
import { describe, expect, it } from 'vitest';
import { routes } from '../../../../../controller/http/routes.js';
import { auditEntrySchema, madeTokenSchema, tokenSchema } from '../../../../../shared/wire/access_api.js';
import { hookRunSchema } from '../../../../../shared/model/hook_runs.js';
import { tenantVersionSchema } from '../../../../../shared/model/report/tenant_version.js';
import { hostSchema, pageOf, tenantSchema, upgradeSummarySchema } from '../../../../../shared/wire/api.js';
import { createProxies } from '../../../../../controller/auth/proxies.js';
import { expected } from './expected.js';
import { fillIds, makeWorld, ownScope, type World } from './world.js';

const unknown = '019b2692-0000-7000-8000-000000000000';
const json = { 'content-type': 'application/json' };

/** The answer, apart from what the asker has named and from times. */
async function tell(
  world: World,
  { token, method, path, body }: { token: string; method: string; path: string; body?: object },
) {
  const sent = body === undefined ? {} : { body: JSON.stringify(body), headers: json };
  const response = await world.ask(path, { token, method, ...sent });
  const text = (await response.text()).replaceAll('"hidden-token-1"', '"the asker"');
  return { status: response.status, type: response.headers.get('content-type'), text };
}

const follow = (path: string) => (path.endsWith('/events') ? `${path}?follow=false` : path);

it('no answer about what it sees names what it does not see', async () => {
  const world = await makeWorld();
  const token = await world.makeToken('operator', ownScope);
  let asked = 0;
  for (const { method, path } of routes) {
    const { scoped, body } = expected[`${method} ${path}`] ?? {};
    if (scoped === 'nothing') continue;
    const names = { ...world.added, upgrade: world.own };
    const own = follow(fillIds(path, names).replace(':slug', 'acme').replace(':host', 'h1'));
    const { status, text } = await tell(world, { token, method, path: own, ...(body === undefined ? {} : { body }) });
    expect(status, `${method} ${path}: ${text}`).not.toBe(404);
    expect(text, `${method} ${path}`).not.toMatch(/hidden/i);
    expect(text, `${method} ${path}`).not.toContain(world.hidden);
    expect(text, `${method} ${path}`).not.toContain(world.former);
    asked += 1;
  }
  expect(asked).toBeGreaterThan(15);
});

it('what it does not see is answered as what there is not, by every route that names it', async () => {
  const world = await makeWorld();
  const token = await world.makeToken('operator', ownScope);
  const { hiddenPlan: plan, hiddenRollout: rollout } = world.added;
  const hidden = { slug: 'hidden-one', host: 'hidden-host', upgrade: world.hidden, plan, rollout };
  const none = { slug: 'no-such', host: 'no-such', upgrade: unknown, plan: unknown, rollout: unknown };
  const fill = (path: string, names: typeof none) =>
    follow(fillIds(path, names).replace(':slug', names.slug).replace(':host', names.host));
  const forget = (text: string, names: typeof none) =>
    Object.values(names).reduce((rest, name) => rest.replaceAll(name, '…'), text);
  let asked = 0;
  for (const { method, path } of routes) {
    const { scoped, body } = expected[`${method} ${path}`] ?? {};
    if (scoped !== 'named') continue;
    const ask = async (names: typeof none) => {
      const { text, ...answer } = await tell(world, {
        token,
        method,
        path: fill(path, names),
        ...(body === undefined ? {} : { body }),
      });
      return { ...answer, text: forget(text, names) };
    };
    const answer = await ask(hidden);
    expect(answer.status, `for ${path}`).toBe(404);
    expect(answer, `${method} ${path}`).toEqual(await ask(none));
    // What its own tenant did on a host that it does not see.
    expect(await ask({ ...hidden, upgrade: world.former }), `${method} ${path}`).toEqual(answer);
    asked += 1;
  }
  expect(asked).toBeGreaterThan(10);
});

describe('a token with a scope', () => {
  it('is told of its lists only what it sees, whatever it filters and selects by', async () => {
    const world = await makeWorld();
    const token = await world.makeToken('operator', ownScope);
    const list = async (path: string) => (await world.ask(`/api/v1${path}`, { token })).json();
    const tenants = pageOf(tenantSchema).parse(await list('/tenants?limit=1'));
    expect([tenants.items.map(({ slug }) => slug), tenants.next]).toEqual([['acme'], null]);
    expect(tenants.items[0]?.problems).toMatchObject([{ message: 'another host reports it too; it stays with h1' }]);
    const hosts = pageOf(hostSchema).parse(await list('/hosts?limit=1'));
    expect(hosts).toMatchObject({ items: [{ host: 'h1', tenants: ['acme'] }], next: null });
    expect(hosts.items[0]?.problems).toMatchObject([{ message: 'another host reports tenants of it too: acme' }]);
    const upgrades = pageOf(upgradeSummarySchema).parse(await list('/upgrades'));
    expect(upgrades.items.map(({ tenant }) => tenant)).toEqual(['acme', 'acme']);
    const audit = pageOf(auditEntrySchema).parse(await list('/audit'));
    const by = { by: 'boss', tenant: 'acme', host: 'h1', reason: 'a reason of boss' };
    expect(audit.items).toMatchObject([
      { ...by, action: 'upgrade' },
      { ...by, action: 'tenants.move', target: null },
      { ...by, action: 'tenants.label', host: null },
    ]);
    const hooks = pageOf(hookRunSchema).parse(await list('/tenants/acme/hooks'));
    expect(hooks.items.map(({ upgrade }) => upgrade)).toEqual([world.own]);
    const versions = pageOf(tenantVersionSchema).parse(await list('/tenants/acme/versions'));
    expect(versions.items.map(({ host }) => host)).toEqual(['h1', null]);
    for (const query of [
      '/tenants?where=ring%3Dhidden',
      '/tenants?where=slug~hidden*',
      '/tenants?cursor=acme',
      '/hosts?cursor=h1',
      '/upgrades?tenant=hidden-one',
      '/upgrades?host=hidden-host',
      '/audit?tenant=hidden-one',
      '/audit?by=hidden-person',
      '/audit?action=tokens.create',
      '/audit?host=hidden-host',
      '/audit?host=hidden-former-host',
      '/upgrades?host=hidden-former-host',
      '/upgrades?tenant=acme&host=hidden-former-host',
    ]) {
      expect(await list(query), `for ${query}`).toEqual({ items: [], next: null });
    }
  });

  it('shares no idempotency key with another token, and is told nothing of one', async () => {
    const world = await makeWorld();
    const token = await world.makeToken('operator', ownScope);
    const order = async (slug: string, key: string) => {
      const headers = { 'idempotency-key': key };
      const answer = await world.ask(`/api/v1/tenants/${slug}/upgrade`, { method: 'POST', token, headers });
      return answer.json();
    };
    // Another token gave these keys. They are no `key-reused` here, and no answer of that token.
    for (const key of ['key of hidden-one', 'key of acme']) {
      expect(await order('acme', key)).toMatchObject({
        code: 'busy',
        detail: expect.stringMatching(/^acme has an upgrade already/),
      });
      expect(await order('hidden-one', key)).toMatchObject({ code: 'unknown-tenant' });
    }
  });

  it('cannot make tokens, and none is made for a scope that hosts could grant themselves', async () => {
    const world = await makeWorld();
    const admin = await world.makeToken('admin');
    const make = (scope: string) =>
      world.ask('/api/v1/tokens', {
        method: 'POST',
        token: admin,
        headers: json,
        body: JSON.stringify({ name: 'eve', role: 'viewer', scope }),
      });
    for (const scope of ['version=v1', 'slug=a | state=idle', '!(drift=yes)', 'slug', '(slug=a']) {
      const answer = await make(scope);
      expect(answer.status, `for ${scope}`).toBe(422);
    }
    // A label that a host reports grants nothing.
    const { token } = madeTokenSchema.parse(await (await make('ring=hidden')).json());
    const seen = await (await world.ask('/api/v1/tenants', { token })).json();
    expect(seen).toEqual({ items: [], next: null });
  });
});

describe('a change', () => {
  it('is in the audit log and in the log of the process: who, what, on what, why, from where', async () => {
    const world = await makeWorld({ proxies: createProxies(['127.0.0.1']) });
    const admin = await world.makeToken('admin');
    const make = await world.ask('/api/v1/tokens', {
      method: 'POST',
      token: admin,
      headers: { ...json, 'x-forwarded-for': '203.0.113.9' },
      body: JSON.stringify({ name: 'eve', role: 'operator', scope: ownScope, reason: 'she is new' }),
    });
    expect(tokenSchema.parse(await make.json())).toMatchObject({ name: 'eve', created_by: 'hidden-token-1' });
    const entries = pageOf(auditEntrySchema).parse(
      await (await world.ask('/api/v1/audit?limit=1', { token: admin })).json(),
    );
    const [entry] = entries.items;
    expect(entry).toMatchObject({
      by: 'hidden-token-1',
      action: 'tokens.create',
      target: 'eve',
      tenant: null,
      host: null,
      reason: 'she is new',
      address: '203.0.113.9',
    });
    const { no: _no, at: _at, ...told } = entry ?? {};
    expect(world.rig.log.lines.at(-1)).toEqual({ level: 'info', message: 'a change', fields: told });
  });

  it('is refused with a reason that is too long, and takes one wherever it changes something', async () => {
    const world = await makeWorld();
    const token = await world.makeToken('admin');
    const audited = routes.filter(({ rule }) => rule?.isAudited === true);
    expect(audited.length).toBeGreaterThan(6);
    for (const { method, path } of audited) {
      const { body } = expected[`${method} ${path}`] ?? {};
      const own = fillIds(path, { ...world.added, upgrade: world.own })
        .replace(':slug', 'acme')
        .replace(':name', 'nobody')
        .replace(':host', 'h1')
        .replace(':sequence', '1');
      const send = (reason: unknown) => tell(world, { token, method, path: own, body: { ...body, reason } });
      const long = await send('x'.repeat(5000));
      expect([long.status, long.text], `for ${own}`).toEqual([422, expect.stringContaining('body.reason')]);
      expect((await send(7)).status, `for ${own}`).toBe(422);
      expect((await send('because')).status, `for ${own}`).not.toBe(422);
    }
    const others = routes.filter(({ rule, method }) => rule?.isAudited === false && method === 'POST');
    expect(others.map(({ path }) => path)).toEqual(['/api/v1/tenants/:slug/plan']);
  });
});
