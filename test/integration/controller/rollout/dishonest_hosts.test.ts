// Hosts that answer what they were not asked, or not truly: they harm themselves alone.
import { beforeAll, afterAll, describe, expect, it, vi } from 'vitest';
import { planClassOf } from '../../../../shared/model/plan/plan_class.js';
import type { Plan } from '../../../../shared/model/plan/plan.js';
import { rolloutBodySchema } from '../../../../shared/wire/rollouts_api.js';
import { closeCodes } from '../../../../shared/wire/protocol.js';
import { startRig, tester, type ControllerRig } from '../../../helpers/controller/controller_rig.js';
import { connectPeer, type ProtocolPeer } from '../../../helpers/controller/protocol_peer.js';
import { connectRolloutHost } from '../../../helpers/controller/rollout_host.js';
import { plan as examplePlan } from '../../../unit/shared/terminal/streams.js';

let rig: ControllerRig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.close());

const rollouts = () => rig.core.rolloutsFor({ scope: null, actor: tester });
const start = (body: object) => rollouts().start(rolloutBodySchema.parse(body), undefined, AbortSignal.timeout(20_000));
const seen = (host: string) => vi.waitFor(async () => expect(await rig.core.store.hosts.findHostOf(host)).toBe(host));

/** A host with a tenant of its name, which has announced all that it keeps. */
async function connect(host: string): Promise<ProtocolPeer> {
  const peer = await connectPeer({ ...rig, host, tenants: [host] });
  peer.send({ type: 'streams', streams: [], is_last: true });
  await seen(host);
  return peer;
}

describe('a host that plans', () => {
  const target = { version: 'v0.4.0', commit: 'c'.repeat(40) };
  it.each<[string, Partial<Plan>]>([
    ['a tenant that it was not asked for', { tenant: 'honest' }],
    ['in the name of another host', { host: 'honest' }],
    ['for another version', { target: { ...target, version: 'v9.0.0' } }],
  ])('%s breaks the protocol, and nothing of it is kept', async (_what, change) => {
    const peer = await connect('liar');
    const { id } = await rollouts().planFleet({ version: 'v0.4.0', where: 'slug=liar' });
    const { request_id } = await peer.next('plan_tenants');
    const plan: Plan = { ...examplePlan, tenant: 'liar', host: 'liar', target, ...change };
    const plan_class = planClassOf(plan);
    const tenants = [{ tenant: 'liar', plan_class, error: null }];
    peer.send({ type: 'planned', request_id, classes: [{ plan_class, plan }], tenants, is_last: true });
    expect((await peer.closed).code).toBe(closeCodes.policyViolation);
    expect(await rollouts().findPlan(id)).toMatchObject({ planned: 0, classes: [], pin: null });
    await rollouts().cancelPlan(id);
  });

  it('is asked again over the connection that replaces a dead one', async () => {
    const dead = await connect('replaced');
    const { id } = await rollouts().planFleet({ version: 'v0.4.0', where: 'slug=replaced' });
    const first = await dead.next('plan_tenants');
    const peer = await connect('replaced');
    const { request_id } = await peer.next('plan_tenants');
    expect(request_id).not.toBe(first.request_id);
    const plan: Plan = { ...examplePlan, tenant: 'replaced', host: 'replaced', target };
    const plan_class = planClassOf(plan);
    const tenants = [{ tenant: 'replaced', plan_class, error: null }];
    peer.send({ type: 'planned', request_id, classes: [{ plan_class, plan }], tenants, is_last: true });
    await vi.waitFor(async () => expect(await rollouts().findPlan(id)).toMatchObject({ state: 'done', planned: 1 }));
    await peer.vanish();
  });

  it('answers for the version that it is asked for, or no rollout starts', async () => {
    const peer = await connect('pinner');
    const started = start({ version: 'v0.4.0', where: 'slug=pinner' });
    const { request_id } = await peer.next('plan');
    const plan: Plan = { ...examplePlan, tenant: 'pinner', host: 'pinner', target: { ...target, version: 'v9.0.0' } };
    peer.send({ type: 'plan_result', request_id, plan, error: null });
    await expect(started).rejects.toMatchObject({ code: 'protocol', message: expect.stringContaining('v9.0.0') });
    expect((await rollouts().list({ limit: 9 })).items).toEqual([]);
    await peer.vanish();
  });
});

describe('a host that is offered an upgrade of a rollout', () => {
  it('cannot answer that it has had it before, time and again', async () => {
    const { peer, offered } = await connectRolloutHost(rig, { host: 'twice', tenants: ['twice'] });
    await seen('twice');
    const { id } = await start({ version: 'v0.4.0', where: 'slug=twice' });
    await vi.waitFor(async () => expect((await rollouts().find(id)).state).toBe('done'));
    expect(offered).toEqual(['twice']);
    await peer.vanish();
    const own = await connect('twice');
    const known = (await rollouts().listTargets(id, { limit: 9 })).items[0]?.upgrade ?? '';
    const again = start({ version: 'v0.5.0', where: 'slug=twice' });
    const { request_id } = await own.next('plan');
    const plan: Plan = {
      ...examplePlan,
      tenant: 'twice',
      host: 'twice',
      target: { version: 'v0.5.0', commit: 'd'.repeat(40) },
    };
    own.send({ type: 'plan_result', request_id, plan, error: null });
    const { id: second } = await again;
    const order = await own.next('upgrade');
    own.send({ type: 'answer', request_id: order.id, upgrade: known, error: null, first: known });
    expect((await own.closed).code).toBe(closeCodes.policyViolation);
    const { items } = await rollouts().listTargets(second, { limit: 9 });
    expect(items).toMatchObject([{ stage: 'offered', attempt: 1, upgrade: order.id }]);
    await rollouts().abort(second);
  });

  it('is not asked over and over where it says each time that the plan has changed', async () => {
    const peer = await connect('changing');
    const started = start({ version: 'v0.4.0', where: 'slug=changing' });
    const { request_id } = await peer.next('plan');
    peer.send({
      type: 'plan_result',
      request_id,
      plan: { ...examplePlan, tenant: 'changing', host: 'changing' },
      error: null,
    });
    const { id } = await started;
    const error = { code: 'plan-changed', message: 'it has another plan', hint: null };
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      const { id: upgrade } = await peer.next('upgrade');
      peer.send({ type: 'answer', request_id: upgrade, upgrade: null, error });
    }
    await vi.waitFor(async () =>
      expect((await rollouts().listTargets(id, { limit: 9 })).items).toMatchObject([
        { attempt: 3, outcome: 'plan_changed', waits: { rule: 'busy' } },
      ]),
    );
    await rollouts().abort(id);
    await peer.vanish();
  });
});
