// Bad input to the routes of fleet upgrades: a clear answer, and nothing is stored.
import { expect, it } from 'vitest';
import { planClassOf } from '../../../../shared/model/plan/plan_class.js';
import { rolloutSchema } from '../../../../shared/wire/rollouts_api.js';
import { makePlan, previousVersion, targetVersion } from '../../../helpers/controller/simulated_plans.js';
import { openApi } from './open_api.js';

const start = { version: targetVersion };
const window = { days: ['mon'], from: '01:00', until: '05:00', zone: 'Europe/Berlin' };

it('sizes, numbers and limits that make no sense are refused, naming the key', async () => {
  const { refuse } = await openApi();
  const shares = ['0', '-1', 'NaN', '1e9', '1000000000', '0%', '101%', '1.5', '', 0, -1, 3, null];
  const numbers = [0, -1, 1.5, 1e9, '3', null];
  const wrong: [string, object][] = [
    ...shares.flatMap((value): [string, object][] => [
      ['canary', { canary: value }],
      ['failures', { failures: value }],
      ['waves', { waves: ['10%', value] }],
    ]),
    ...['max_parallel', 'per_host', 'repeats', 'start_within_s', 'unreachable_after_s', 'give_up_after_s'].flatMap(
      (name) => numbers.map((value): [string, object] => [name, { [name]: value }]),
    ),
    ['soak_s', { soak_s: -1 }],
    ['reconnect_jitter_s', { reconnect_jitter_s: -1 }],
    ['wave_deadline_s', { wave_deadline_s: 0 }],
    ['waves', { waves: Array.from({ length: 10_000 }, () => '1') }],
    ['btach', { btach: 3 }],
  ];
  for (const [name, change] of wrong) {
    const { status, code, text } = await refuse('/rollouts', { ...start, ...change });
    expect({ change, status, code }).toEqual({ change, status: 422, code: 'invalid' });
    expect(text).toContain(name);
  }
  // JSON knows no NaN.
  expect(await refuse('/rollouts', '{"version":"v0.4.0","max_parallel":NaN}')).toMatchObject({ status: 400 });
});

it('a selection that is wrong says where, and one that selects nothing says so', async () => {
  const { refuse } = await openApi();
  for (const path of ['/rollouts', '/rollouts/plan']) {
    expect(await refuse(path, { ...start, where: 'slug=anna & ring=' })).toMatchObject({
      status: 422,
      code: 'invalid',
      text: expect.stringMatching(/column 18/u),
    });
    expect(await refuse(path, { ...start, where: 'slug=nobody' })).toMatchObject({
      status: 422,
      code: 'invalid',
      text: expect.stringMatching(/slug=nobody|matches no tenant/u),
    });
  }
  expect(await refuse('/freezes', { name: 'one', where: 'slug==' })).toMatchObject({ status: 422, code: 'invalid' });
  expect(await refuse('/rollouts/plan', { version: '' })).toMatchObject({
    status: 422,
    code: 'invalid',
  });
});

it('zones, windows and dates that there are not are refused, also of freezes', async () => {
  const { refuse, post } = await openApi();
  const windows = [
    [{ ...window, zone: 'Europe/Atlantis' }, 'Europe/Atlantis'],
    [{ ...window, zone: '../etc' }, 'zone'],
    [{ ...window, days: [] }, 'days'],
    [{ ...window, until: '01:00' }, 'no window ever opens'],
    [{ ...window, from: '24:00' }, 'from'],
  ] as const;
  for (const [wrong, said] of windows) {
    const { status, code, text } = await refuse('/rollouts', { ...start, windows: [wrong] });
    expect({ wrong, status, code }).toEqual({ wrong, status: 422, code: 'invalid' });
    expect(text).toContain(said);
  }
  const freezes = [
    [{ name: 'x', zone: 'Mars/Olympus', until: '2030-01-01' }, 'Mars/Olympus'],
    [{ name: 'x', until: '2026-02-30' }, '2026-02-30'],
    [{ name: 'x', until: '2030-01-01 25:00' }, '25:00'],
    [{ name: 'x', from: '2030-01-02', until: '2030-01-01' }, 'over before it begins'],
    [{ name: 'x', until: '2020-01-01' }, 'over before it begins'],
    [{ name: 'Not A Name' }, 'name'],
  ] as const;
  for (const [wrong, said] of freezes) {
    const { status, text } = await refuse('/freezes', wrong);
    expect({ wrong, status }).toEqual({ wrong, status: 422 });
    expect(text).toContain(said);
  }
  expect(await refuse('/freezes/nothing/end', {})).toMatchObject({ status: 404, code: 'unknown-freeze' });
  expect((await post('/freezes', { name: 'x' })).status).toBe(201);
  expect(await refuse('/freezes', { name: 'x' })).toMatchObject({ code: 'busy' });
  expect(await refuse('/freezes/x/except', { tenants: ['anna'] })).toMatchObject({ code: 'invalid' });
});

/** Two kinds of plans whose classes begin with the same four digits. */
function findTwins(): [string, string] {
  const known = new Map<string, string>();
  for (let no = 0; ; no += 1) {
    const kind = `kind-${no}`;
    const plan = makePlan({ slug: 'anna', host: 'h1', kind, current: previousVersion, version: targetVersion });
    const begin = planClassOf(plan).slice(0, 4);
    const other = known.get(begin);
    if (other !== undefined) return [other, kind];
    known.set(begin, kind);
  }
}

it('an approval of an unknown, ambiguous, blocked or missing class is refused, naming those that there are', async () => {
  const [one, other] = findTwins();
  const kinds: Record<string, string> = { anna: one, bert: other, cora: 'blocked' };
  const { fleet, refuse } = await openApi({ tenantOf: (slug) => ({ kind: kinds[slug] ?? 'a' }) });
  const plan = await fleet.planWhole();
  const own = plan.classes.map(({ plan_class: hash }) => hash);
  const common = own.find((hash) => own.some((twin) => twin !== hash && twin.slice(0, 4) === hash.slice(0, 4))) ?? '';
  const blocked = plan.classes.find(({ is_blocked: isBlocked }) => isBlocked)?.plan_class ?? '';
  const wish = { ...start, plan: plan.id };
  const unknown = await refuse('/rollouts', { ...wish, approve: ['0123456789'] });
  expect(unknown).toMatchObject({ status: 422, code: 'invalid' });
  expect(unknown.text).toContain('no plan class begins with 0123456789');
  for (const hash of own) expect(unknown.text).toContain(hash.slice(0, 8));
  expect(await refuse('/rollouts', { ...wish, approve: [common.slice(0, 4)] })).toMatchObject({
    status: 422,
    code: 'invalid',
    text: expect.stringContaining(`several plan classes begin with ${common.slice(0, 4)}`),
  });
  expect(await refuse('/rollouts', { ...wish, approve: [blocked] })).toMatchObject({
    status: 422,
    text: expect.stringContaining('is blocked'),
  });
  expect(await refuse('/rollouts', wish)).toMatchObject({ status: 409, code: 'not-approved' });
  expect(await refuse('/rollouts', { ...wish, approve: ['xyz'] })).toMatchObject({ status: 422 });
  expect(await refuse('/rollouts', { ...start, approve: [common] })).toMatchObject({ status: 422, code: 'invalid' });
  expect(await refuse('/rollouts', { ...wish, version: 'v0.5.0', approve: [common] })).toMatchObject({ status: 422 });
  const missing = { ...wish, plan: '01890a5d-ac96-774b-bcce-b302099a8057', approve: [common] };
  expect(await refuse('/rollouts', missing)).toMatchObject({ status: 404, code: 'unknown-fleet-plan' });
  expect(await refuse(`/rollouts/plans/${plan.id}/cancel`, {})).toMatchObject({ status: 409, code: 'has-ended' });
});

it('what people ask of a rollout that has ended, or of none, is refused', async () => {
  const { fleet, refuse } = await openApi();
  const { id } = await fleet.start({ where: 'slug=anna' });
  await fleet.untilState(id, 'done');
  const asked: [string, object][] = [
    ['pause', {}],
    ['resume', { failures: '5' }],
    ['abort', {}],
    ['retry', {}],
    ['waive', { tenants: ['anna'] }],
    ['approve', { next_wave: true }],
  ];
  for (const [action, body] of asked) {
    const { status, code, text } = await refuse(`/rollouts/${id}/${action}`, body);
    expect({ action, status, code }).toEqual({ action, status: 409, code: 'has-ended' });
    expect(text).toContain(`the rollout ${id} has ended (done)`);
  }
  const nobody = '01890a5d-ac96-774b-bcce-b302099a8057';
  for (const [action, body] of [...asked, ['rollback', {}] as const]) {
    const answer = await refuse(`/rollouts/${nobody}/${action}`, body);
    expect({ action, ...answer }).toMatchObject({ action, status: 404, code: 'unknown-rollout' });
  }
  expect(await refuse('/rollouts/latest/pause', {})).toMatchObject({ status: 404 });
});

it('what makes no sense of a rollout that runs is refused', async () => {
  const { fleet, refuse } = await openApi();
  fleet.hold('begin');
  const { id } = await fleet.start({ where: 'slug!=cora', canary: '2', per_host: 2 });
  // Nothing of its own changes any more.
  await fleet.until(async () => {
    const open = await fleet.rig.core.store.orders.openOf('h1');
    // The counts of lists are stored by the step after the one that has placed the orders.
    const { items } = await fleet.rollouts.list({ limit: 1 });
    return open.length === 2 && open.every(({ accepted_at: at }) => at !== null) && items[0]?.counts.waiting === 0;
  });
  expect(await refuse(`/rollouts/${id}/waive`, { tenants: ['cora'] })).toMatchObject({ status: 422, code: 'invalid' });
  expect(await refuse(`/rollouts/${id}/waive`, { tenants: [] })).toMatchObject({ status: 422 });
  expect(await refuse(`/rollouts/${id}/waive`, { tenants: ['anna'] })).toMatchObject({ status: 409, code: 'busy' });
  expect(await refuse(`/rollouts/${id}/retry`, { tenants: ['cora'] })).toMatchObject({ status: 422, code: 'invalid' });
  expect(await refuse(`/rollouts/${id}/retry`, {})).toMatchObject({ code: 'nothing-to-do' });
  expect(await refuse(`/rollouts/${id}/approve`, {})).toMatchObject({ status: 422, code: 'invalid' });
  expect(await refuse(`/rollouts/${id}/approve`, { next_wave: true })).toMatchObject({ code: 'nothing-to-do' });
  expect(await refuse(`/rollouts/${id}/approve`, { plan_classes: ['abcd'] })).toMatchObject({ status: 422 });
  expect(await refuse(`/rollouts/${id}/resume`, {})).toMatchObject({ code: 'nothing-to-do' });
  expect(await refuse(`/rollouts/${id}/resume`, { failures: '0' })).toMatchObject({ status: 422 });
  expect(await refuse(`/rollouts/${id}/rollback`, {})).toMatchObject({ code: 'nothing-to-do' });
  expect(await refuse('/rollouts', { ...start, where: 'slug=anna' })).toMatchObject({ status: 409, code: 'overlap' });
});

it('a hundred identical starts at once with one key are one rollout', async () => {
  const { fleet, post, refuse } = await openApi();
  fleet.hold('begin');
  const answers = await Promise.all(Array.from({ length: 100 }, () => post('/rollouts', start, 'the key')));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
  expect(new Set(answers.map(({ body }) => rolloutSchema.parse(body).id)).size).toBe(1);
  expect((await fleet.rollouts.list({ limit: 10 })).items).toHaveLength(1);
  expect(await refuse('/rollouts', { ...start, canary: '1' }, 'the key')).toMatchObject({ code: 'key-reused' });
  expect(fleet.seen.filter(({ what }) => what === 'offer').length).toBeLessThanOrEqual(3);
});
