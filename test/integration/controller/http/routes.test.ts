// What each route answers.
import { describe, expect, it } from 'vitest';
import { problemSchema, upgradeSchema } from '../../../../shared/wire/api.js';
import { AppError } from '../../../../shared/errors.js';
import { begin, finish } from '../../../unit/shared/terminal/streams.js';
import { serve } from '../../../helpers/controller/serve_api.js';

const post = (body: unknown, headers: Record<string, string> = {}) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
});

async function readProblem(response: Response) {
  expect(response.headers.get('content-type')).toContain('application/problem+json');
  const problem = problemSchema.parse(await response.json());
  expect(problem.status).toBe(response.status);
  return problem;
}

describe('the API', () => {
  it('lists tenants and hosts, and knows each of them', async () => {
    const { ask } = await serve();
    expect(await (await ask('/api/v1/tenants')).json()).toMatchObject({ items: [{ slug: 'testsite' }], next: null });
    expect(await (await ask('/api/v1/tenants/testsite')).json()).toMatchObject({ slug: 'testsite', host: 'h1' });
    expect(await (await ask('/api/v1/hosts')).json()).toMatchObject({ items: [{ host: 'h1' }], next: null });
    expect(await (await ask('/api/v1/hosts/h1')).json()).toMatchObject({ tenants: ['testsite'] });
  });

  it('gives the plan of an upgrade', async () => {
    const { ask, fleet } = await serve();
    const response = await ask('/api/v1/tenants/testsite/plan', post({ version: 'v0.4.0' }));
    expect(await response.json()).toMatchObject({ tenant: 'testsite', target: { version: 'v0.4.0' } });
    expect(fleet.asked).toEqual([
      'plan testsite {"version":"v0.4.0","force":false,"allow_downgrade":false,"from":null,"commit":null}',
    ]);
  });

  it('takes an upgrade without a body, and says where it is looked at', async () => {
    const { ask } = await serve();
    const response = await ask('/api/v1/tenants/testsite/upgrade', { method: 'POST' });
    expect(response.status).toBe(202);
    const upgrade = upgradeSchema.parse(await response.json());
    expect(upgrade).toMatchObject({ status: 'queued', delivery: { state: 'pending' } });
    const location = response.headers.get('location') ?? '';
    expect(location).toBe(`/api/v1/upgrades/${upgrade.id}`);
    expect(await (await ask(location)).json()).toEqual(upgrade);
  });

  it('gives the same upgrade for the same key, and refuses the key for another', async () => {
    const { ask, fleet } = await serve();
    const key = { 'idempotency-key': 'mine' };
    const order = () => ask('/api/v1/tenants/testsite/upgrade', post({ version: 'v0.4.0' }, key));
    const [first, second] = [await (await order()).json(), await (await order()).json()];
    expect(second).toEqual(first);
    expect(fleet.upgrades.size).toBe(1);
    const other = await ask('/api/v1/tenants/testsite/upgrade', post({ version: 'v0.5.0' }, key));
    expect(await readProblem(other)).toMatchObject({ status: 422, code: 'key-reused' });
  });

  it('filters and pages upgrades', async () => {
    const { ask, fleet } = await serve();
    for (const id of ['one', 'two', 'three']) fleet.add(id);
    fleet.append('two', begin, finish('success', 'v0.4.0'));
    expect(await (await ask('/api/v1/upgrades?limit=2')).json()).toMatchObject({
      items: [{ id: 'three' }, { id: 'two' }],
      next: expect.any(String),
    });
    expect(await (await ask('/api/v1/upgrades?status=success')).json()).toMatchObject({ items: [{ id: 'two' }] });
    expect(await (await ask('/api/v1/upgrades?tenant=other')).json()).toEqual({ items: [], next: null });
  });

  it('cancels and rolls back', async () => {
    const { ask, fleet } = await serve();
    fleet.add('one');
    fleet.append('one', begin);
    expect((await ask('/api/v1/upgrades/one/cancel', post({ force: true }))).status).toBe(200);
    expect((await ask('/api/v1/tenants/testsite/rollback', post({ restore_database: true }))).status).toBe(202);
    expect(fleet.asked).toEqual(['cancel one {"force":true}', 'rollback testsite {"restore_database":true}']);
  });

  it("gives the stream as the lines of the tenant's log", async () => {
    const { ask, fleet } = await serve();
    fleet.add('one');
    fleet.append('one', begin, { key: 'a', at: 0, next: 8, text: 'one\ntwo\n' }, finish('success', 'v0.4.0'));
    const response = await ask('/api/v1/upgrades/one/log');
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(await response.text()).toBe(
      [
        '2025-12-16 10:15:01 upgrade 019b2692-0000-7000-8000-000000000001 of testsite on h1: v0.1.0 -> v0.4.0 (abc123def456)',
        '         | one',
        '         | two',
        '10:15:02 == success',
        '',
      ].join('\n'),
    );
  });

  it('says that it is healthy, and whether it is ready, to everyone', async () => {
    const { url } = await serve();
    expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: 'ok', version: '1.2.3' });
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    const starting = await serve({ isReady: () => false });
    expect(await readProblem(await fetch(`${starting.url}/readyz`))).toMatchObject({ status: 503 });
  });
});

const prefer = (seconds: string) => ({ prefer: `respond-async, wait=${seconds}` });

describe('Prefer: wait', () => {
  it('answers with the result once the upgrade has ended', async () => {
    const { ask, fleet } = await serve();
    const waitForUpgrade = fleet.waitForUpgrade.bind(fleet);
    // It ends when somebody waits for it.
    fleet.waitForUpgrade = (id, signal) => {
      const waited = waitForUpgrade(id, signal);
      fleet.append(id, begin, finish('success', 'v0.4.0'));
      return waited;
    };
    const response = await ask('/api/v1/tenants/testsite/upgrade', post({}, prefer('99999')));
    expect(response.status).toBe(200);
    expect(response.headers.get('preference-applied')).toBe('wait=600');
    expect(await response.json()).toMatchObject({ status: 'success', current_version: 'v0.4.0' });
  });

  it('answers with the upgrade when the time is over', async () => {
    const waits: number[] = [];
    const clock = {
      now: () => new Date(),
      monotonicMs: () => 0,
      async wait(ms: number) {
        waits.push(ms);
      },
    };
    const { ask } = await serve({ clock });
    const response = await ask('/api/v1/tenants/testsite/upgrade', post({}, prefer('7')));
    expect(response.status).toBe(202);
    expect(waits).toEqual([7000]);
    expect(await response.json()).toMatchObject({ status: 'queued' });
  });

  it('is passed over where it is no number', async () => {
    const { ask } = await serve();
    const response = await ask('/api/v1/tenants/testsite/upgrade', post({}, prefer('soon')));
    expect(response.status).toBe(202);
    expect(response.headers.has('preference-applied')).toBe(false);
  });
});

describe('a problem', () => {
  it.each([
    ['/api/v1/tenants/nobody', 'unknown-tenant', 'there is no tenant nobody'],
    ['/api/v1/hosts/nowhere', 'unknown-host', 'there is no host nowhere'],
    ['/api/v1/upgrades/none', 'unknown-upgrade', 'there is no upgrade none'],
    ['/api/v1/upgrades/none/events', 'unknown-upgrade', 'there is no upgrade none'],
    ['/api/v1/upgrades/none/log', 'unknown-upgrade', 'there is no upgrade none'],
    ['/api/v1/nothing?a=b', 'not-found', 'there is no GET /api/v1/nothing'],
  ])('is 404 for %s', async (path, code, detail) => {
    const { ask } = await serve();
    expect(await readProblem(await ask(path))).toMatchObject({ status: 404, title: 'Not Found', code, detail });
  });

  it.each([
    ['/api/v1/upgrades?limit=0', 'query.limit: must be at least 1, not "0"'],
    ['/api/v1/upgrades?limit=-1', 'query.limit: must be at least 1, not "-1"'],
    ['/api/v1/upgrades?limit=NaN', 'query.limit: must be a whole number from 1 to 1000, not "NaN"'],
    ['/api/v1/upgrades?limit=1e9', 'query.limit: must be at most 1000, not "1e9"'],
    ['/api/v1/upgrades?limit=1.5', 'query.limit: '],
    ['/api/v1/upgrades?status=done', 'query.status: must be queued or running'],
    ['/api/v1/upgrades?tennant=x', 'query.tennant: unknown key; did you mean tenant?'],
    ['/api/v1/upgrades/one/events?after=-1', 'query.after: must be at least 0'],
  ])('is 422 for %s, and says what is wrong with which key', async (path, detail) => {
    const { ask, fleet } = await serve();
    fleet.add('one');
    const problem = await readProblem(await ask(path));
    expect(problem).toMatchObject({ status: 422, code: 'invalid', hint: expect.stringContaining('/docs') });
    expect(problem.detail).toContain(detail);
  });

  it.each([
    [{ version: 7 }, 'body.version: must be text, not a number: put it in quotes'],
    [{ version: '' }, 'body.version: must not be empty'],
    [{ force: 'yes' }, 'body.force: must be true or false, not "yes"'],
    [{ start_within_s: 1e9 }, 'body.start_within_s: must be at most 604800, not 1000000000'],
    [{ start_within_s: 0 }, 'body.start_within_s: must be at least 1, not 0'],
    [{ start_within_s: -1 }, 'body.start_within_s: must be at least 1, not -1'],
    [{ start_within_s: 1.5 }, 'body.start_within_s: must be a whole number'],
    [{ start_within_s: 'NaN' }, 'body.start_within_s: must be a whole number'],
    // What JSON has for NaN and Infinity.
    [{ start_within_s: null }, 'body.start_within_s: must be a whole number'],
    [{ commit: 'abc' }, 'body.commit: must be a whole commit id: 40 hexadecimal digits or more, not "abc"'],
    [{ allow_downgrad: true }, 'body.allow_downgrad: unknown key; did you mean allow_downgrade?'],
    [[], 'body: must be a mapping'],
    ['v0.4.0', 'body: must be a mapping'],
  ])('is 422 for the body %j', async (body, detail) => {
    const { ask, fleet } = await serve();
    const problem = await readProblem(await ask('/api/v1/tenants/testsite/upgrade', post(body)));
    expect(problem).toMatchObject({ status: 422, code: 'invalid' });
    expect(problem.detail).toContain(detail);
    expect(fleet.upgrades.size).toBe(0);
  });

  it.each([
    ['{"version": ', 'application/json', 400, 'the body is not valid JSON'],
    ['', 'application/json', 400, 'the body is empty'],
    ['version=v0.4.0', 'application/x-www-form-urlencoded', 415, 'the Content-Type is not JSON'],
  ])('is said of the body %j of type %s', async (...[body, type, status, detail]) => {
    const { ask } = await serve();
    const init = { method: 'POST', body, headers: { 'content-type': type } };
    const problem = await readProblem(await ask('/api/v1/tenants/testsite/upgrade', init));
    expect(problem).toMatchObject({ status, hint: expect.any(String) });
    expect(problem.detail).toContain(detail);
  });

  it("is the fleet's own error, with its hint", async () => {
    const { ask, fleet } = await serve();
    fleet.refusal = new AppError('offline', 'the host h1 of testsite is offline', { hint: 'start its agent' });
    expect(await readProblem(await ask('/api/v1/tenants/testsite/plan', post({})))).toEqual({
      type: 'about:blank',
      title: 'Service Unavailable',
      status: 503,
      detail: 'the host h1 of testsite is offline',
      code: 'offline',
      hint: 'start its agent',
    });
  });

  it('says nothing of the inside, which the log has', async () => {
    const { ask, fleet, logged } = await serve();
    fleet.listTenants = () => Promise.reject(new Error('the password is hunter2'));
    const problem = await readProblem(await ask('/api/v1/tenants'));
    expect(problem).toMatchObject({ status: 500, code: 'internal' });
    expect(JSON.stringify(problem)).not.toContain('hunter2');
    expect(logged.join('\n')).toContain('a request failed');
  });
});
