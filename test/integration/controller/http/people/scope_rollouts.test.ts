// A token with a scope and rollouts of tenants of which it sees some.
import { expect, it } from 'vitest';
import { routes } from '../../../../../controller/http/routes.js';
import { pageOf } from '../../../../../shared/wire/api.js';
import {
  fleetPlanSchema,
  fleetPlanSummarySchema,
  rolloutSchema,
  rolloutSummarySchema,
  targetSchema,
} from '../../../../../shared/wire/rollouts_api.js';
import { expected } from './expected.js';
import { makeWorld, ownScope } from './world.js';

const json = { 'content-type': 'application/json' };

it('a token with a scope sees of a fleet plan and a rollout its own tenants, counts and classes, and changes none that has others', async () => {
  const world = await makeWorld();
  const token = await world.makeToken('operator', ownScope);
  const { plan, sharedPlan, rollout, sharedRollout } = world.added;
  const read = async (path: string) => (await world.ask(`/api/v1/rollouts${path}`, { token })).json();
  const rollouts = pageOf(rolloutSummarySchema).parse(await read(''));
  expect(rollouts.items.map(({ id, counts }) => [id, counts.total])).toEqual([
    [sharedRollout, 1],
    [rollout, 1],
  ]);
  expect(rolloutSchema.parse(await read(`/${sharedRollout}`))).toMatchObject({
    counts: { total: 1, waiting: 1 },
    wave_list: [{ name: 'canary', tenants: 1 }],
  });
  const targets = pageOf(targetSchema).parse(await read(`/${sharedRollout}/targets`));
  expect(targets.items.map(({ slug }) => slug)).toEqual(['acme']);
  const plans = pageOf(fleetPlanSummarySchema).parse(await read('/plans'));
  expect(plans.items.map(({ id, tenants, planned, hosts }) => [id, tenants, planned, hosts])).toEqual([
    [sharedPlan, 1, 1, 1],
    [plan, 1, 1, 1],
  ]);
  const shown = fleetPlanSchema.parse(await read(`/plans/${sharedPlan}`));
  expect(shown.classes).toMatchObject([{ tenants: 1, examples: ['acme'], plan: { tenant: 'acme' } }]);
  for (const path of [`/${sharedRollout}`, `/${sharedRollout}/targets`, `/plans/${sharedPlan}`, '', '/plans']) {
    expect(JSON.stringify(await read(path)), `for ${path}`).not.toContain('hidden-one');
  }
  const changes = routes.filter(({ path, method }) => method === 'POST' && path.includes('/rollouts/:id/'));
  expect(changes.length).toBeGreaterThan(6);
  for (const { method, path } of changes) {
    const { body } = expected[`${method} ${path}`] ?? {};
    const shared = path.replace(':id', sharedRollout);
    const answer = await world.ask(shared, {
      token,
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: json }),
    });
    expect([answer.status, await answer.text()], `for ${path}`).toEqual([403, expect.not.stringContaining('hidden')]);
  }
});
