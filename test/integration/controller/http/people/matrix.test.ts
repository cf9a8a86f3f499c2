// Every route × credential × role × scope. The routes come from their table: one without an expectation fails here.
import { describe, expect, it } from 'vitest';
import { mayDo, roles, type Role } from '../../../../../shared/model/roles.js';
import { problemSchema } from '../../../../../shared/wire/api.js';
import { createProxies } from '../../../../../controller/auth/proxies.js';
import { routes } from '../../../../../controller/http/routes.js';
import { expected, type Expected } from './expected.js';
import { fillIds, makeExpired, makeWorld, otherScope, ownScope, type World } from './world.js';

const rows = routes.map(({ method, path }) => ({ method, path, of: expected[`${method} ${path}`] }));
const guarded = rows.filter(({ of }) => of?.role !== null);

/** The path with names that there are, in `ownScope`. */
const fill = (path: string, { own, joinToken, added }: World) =>
  fillIds(path.replace('join-tokens/:id', `join-tokens/${joinToken}`), { ...added, upgrade: own })
    .replace('freezes/:name/end', `freezes/${added.freeze}/end`)
    .replace('freezes/:name', `freezes/${added.otherFreeze}`)
    .replace(':slug', 'acme')
    .replace(':host', 'h1')
    .replace(':name', 'hidden-token-1')
    .replace(':sequence', '1');

interface Row {
  method: string;
  path: string;
  of: Expected | undefined;
}

async function ask(
  world: World,
  { method, path, of }: Row,
  { token, from = '' }: { token?: string; from?: string } = {},
) {
  const sent = of?.body === undefined ? {} : { body: JSON.stringify(of.body) };
  const headers = {
    ...(of?.body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(from === '' ? {} : { 'x-forwarded-for': from }),
  };
  const response = await world.ask(fill(path, world), {
    method,
    ...(token === undefined ? {} : { token }),
    ...sent,
    headers,
  });
  const body = await response.text();
  const isProblem = response.headers.get('content-type')?.includes('problem') === true && body !== '';
  return { status: response.status, code: isProblem ? problemSchema.parse(JSON.parse(body)).code : null, body };
}

it('has an expectation for each route of the table, and for no other', () => {
  const known = rows.map(({ method, path }) => `${method} ${path}`);
  expect(known.toSorted()).toEqual(Object.keys(expected).toSorted());
});

describe('without a token that is good', () => {
  it('every route but those for everyone answers 401, HEAD too', async () => {
    const world = await makeWorld({ proxies: createProxies(['127.0.0.1']) });
    const revoked = await world.makeToken('admin');
    await world.rig.core.access.revokeToken('hidden-token-1', { token: null, name: 'x', address: null, reason: null });
    const credentials: [string, string | undefined][] = [
      ['none', undefined],
      ['a malformed one', 'x'],
      ['one that nobody has', `drover_${'x'.repeat(43)}`],
      ['one that was revoked', revoked],
      ['one that has expired', await makeExpired(world)],
    ];
    const heads = guarded.filter(({ method }) => method === 'GET').map((row) => ({ ...row, method: 'HEAD' }));
    let asked = 0;
    for (const row of [...guarded, ...heads]) {
      for (const [what, token] of credentials) {
        asked += 1;
        const from = `192.0.2.${asked % 250}`;
        const { status } = await ask(world, row, token === undefined ? { from } : { token, from });
        expect(status, `${row.method} ${row.path} with ${what}`).toBe(401);
      }
    }
    for (const row of rows.filter(({ of }) => of?.role === null)) expect((await ask(world, row)).status).toBe(200);
  });
});

/** Whom a route serves, by its expectation. */
function findWanted(of: Expected | undefined, role: Role, scope: string | null): string {
  if (of === undefined || (of.role !== null && !mayDo(role, of.role))) return '403 forbidden';
  if (scope !== null && of.scoped === 'nothing') return '403 forbidden';
  if (scope === otherScope && of.scoped === 'named') return '404';
  if (of.scoped === 'own' && scope === otherScope) return '422 invalid';
  if (of.scoped === 'part') return scope === otherScope ? 'an empty list' : 'a list';
  return 'served';
}

/** The same of an answer. */
function findOutcome(of: Expected | undefined, { status, code, body }: Awaited<ReturnType<typeof ask>>): string {
  if (status === 403) return `403 ${code ?? ''}`;
  if (status === 404 && code?.startsWith('unknown-') === true) return '404';
  // It would make something of no tenant.
  if (status === 422 && of?.scoped === 'own') return `422 ${code ?? ''}`;
  // Its host is offline, its upgrade has ended, or another one runs.
  if (![200, 201, 202, 409, 503].includes(status)) return `${status} ${body}`;
  if (of?.scoped !== 'part') return 'served';
  return body.startsWith('{"items":[]') ? 'an empty list' : 'a list';
}

describe.each(roles)('a token with the role %s', (role) => {
  // An admin has no scope.
  const scopes = role === 'admin' ? [null] : [null, ownScope, otherScope];
  it.each(scopes)('and the scope %s does what its role and its scope allow', async (scope) => {
    const world = await makeWorld();
    const token = await world.makeToken(role, scope);
    const outcomes: Record<string, string> = {};
    // Last what ends the token.
    const last = rows.toSorted(
      (a, b) => Number(a.path.endsWith('/:name/revoke')) - Number(b.path.endsWith('/:name/revoke')),
    );
    for (const row of last) {
      outcomes[`${row.method} ${row.path}`] = findOutcome(row.of, await ask(world, row, { token }));
    }
    const wanted = rows.map(({ method, path, of }) => [`${method} ${path}`, findWanted(of, role, scope)]);
    expect(outcomes).toEqual(Object.fromEntries(wanted));
  });
});

it('no token of an admin has a scope', async () => {
  const world = await makeWorld();
  await expect(world.makeToken('admin', ownScope)).rejects.toMatchObject({ code: 'invalid' });
});
