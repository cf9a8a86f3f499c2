// A token with a scope and rollouts of tenants of which it sees some.
import { expect, it } from 'vitest';
import { routes } from '../../../../../controller/http/routes.js';
import { makeId } from '../../../../../shared/os/ids.js';
import { parseSelection } from '../../../../../shared/selection/parse_selection.js';
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

it('a token with a scope is not told why a rollout with other tenants stands still, and ends no fleet plan of them', async () => {
  const world = await makeWorld();
  const { rig, added } = world;
  const { rollouts, fleetPlans } = rig.core.store;
  const actor = { token: null, name: 'boss', address: null, reason: null };
  const at = new Date().toISOString();
  const { plan: ownPlan, rollout: own, sharedRollout } = added;
  for (const id of [own, sharedRollout]) {
    const asked = { actor, action: 'rollout.pause', at, scope: null };
    await rollouts.change(id, () => ({ why: 'hidden-host has run an attempt of hidden-one' }), asked);
  }
  const [part, whole] = [await world.makeToken('operator', ownScope), await world.makeToken('viewer')];
  const show = async (id: string, token: string) => {
    const answers = [`/${id}`, `/${id}/targets`, ''].map((path) => world.ask(`/api/v1/rollouts${path}`, { token }));
    const texts = await Promise.all(answers.map(async (answer) => (await answer).text()));
    return texts.join('\n');
  };
  expect(await show(sharedRollout, whole)).toContain('an attempt of hidden-one');
  expect(JSON.parse((await show(own, part)).split('\n')[0] ?? '')).toMatchObject({
    why: expect.stringContaining('an attempt of'),
  });
  await rollouts.change(own, () => ({ why: 'lunch' }), { actor, action: 'rollout.pause', at, scope: null });
  expect(await show(sharedRollout, part)).not.toContain('hidden');

  const running = (where: string) => {
    const id = makeId();
    const plan = { id, version: null, where, selection: parseSelection(where), scope: null, at };
    return fleetPlans.add(plan, actor).then(() => id);
  };
  const [shared, alone] = [await running('slug=acme | slug=hidden-one'), await running('slug=acme')];
  const cancel = (id: string) => world.ask(`/api/v1/rollouts/plans/${id}/cancel`, { token: part, method: 'POST' });
  const refused = await cancel(shared);
  expect([refused.status, await refused.text()]).toEqual([403, expect.not.stringContaining('hidden-one')]);
  expect(await fleetPlans.find(shared, null)).toMatchObject({ state: 'running' });
  expect((await cancel(alone)).status).toBe(200);
  expect((await cancel(ownPlan)).status).toBe(409);
});
