// Fleet plans, rollouts and freezes of the world: of what a scope sees, of what it does not, and of both.
import { createArrange } from '../../../../../controller/rollout/start/arrange.js';
import { decide } from '../../../../../controller/rollout/decide/decide.js';
import type { RolloutNow } from '../../../../../controller/store/rollouts.js';
import { planClassOf } from '../../../../../shared/model/plan/plan_class.js';
import { rolloutSettingsSchema } from '../../../../../shared/model/rollout.js';
import { makeId } from '../../../../../shared/os/ids.js';
import { parseSelection } from '../../../../../shared/selection/parse_selection.js';
import type { Actor } from '../../../../../controller/store/access.js';
import type { ControllerRig } from '../../../../helpers/controller/controller_rig.js';
import { plan as examplePlan } from '../../../../unit/shared/terminal/streams.js';

/** Ids. All have ended, so that a request about them is answered at once. */
export interface AddedRollouts {
  /** Of acme alone. */
  plan: string;
  rollout: string;
  /** Of a hidden tenant alone. */
  hiddenPlan: string;
  hiddenRollout: string;
  /** Of acme and of a hidden tenant. */
  sharedPlan: string;
  sharedRollout: string;
  /** Names of freezes; the fleet is not frozen by them now. */
  freeze: string;
  otherFreeze: string;
}

const commit = '1'.repeat(40);

/** Adds them to the store of the rig, whose hosts have reported. */
export async function addRollouts(rig: ControllerRig, actors: { boss: Actor; hidden: Actor }): Promise<AddedRollouts> {
  const { boss, hidden } = actors;
  const own = { where: 'slug=acme', version: 'v0.2.0', actor: boss };
  const other = { where: 'slug=hidden-one', version: 'v9.9.8-hidden', actor: hidden };
  const both = { where: 'slug=acme | slug=hidden-one', version: 'v0.3.0', actor: boss };
  for (const name of ['winter', 'hidden-winter']) {
    const freeze = { name, begins_at: '2099-12-24T00:00:00.000Z', ends_at: null, zone: 'UTC', why: null };
    const made = { created_at: '2026-01-01T00:00:00.000Z', created_by: hidden.name, where: null, selection: null };
    await rig.core.store.freezes.add({ ...freeze, ...made }, hidden);
  }
  return {
    plan: await addPlan(rig, own),
    rollout: await addRollout(rig, own),
    hiddenPlan: await addPlan(rig, other),
    hiddenRollout: await addRollout(rig, other),
    sharedPlan: await addPlan(rig, both),
    sharedRollout: await addRollout(rig, both),
    freeze: 'winter',
    otherFreeze: 'hidden-winter',
  };
}

interface Added {
  where: string;
  version: string;
  actor: Actor;
}

/** Planned by its hosts: each tenant has a class of its own. */
async function addPlan({ core }: ControllerRig, { where, version, actor }: Added): Promise<string> {
  const { fleetPlans } = core.store;
  const id = makeId();
  const at = new Date().toISOString();
  await fleetPlans.add({ id, version, where, selection: parseSelection(where), scope: null, at }, actor);
  for (const [host, tenants] of await fleetPlans.listUnplanned(id)) {
    const plans = tenants.map((tenant) => ({ ...examplePlan, tenant, host, discarded: [`a file of ${tenant}`] }));
    const classes = plans.map((plan) => ({ plan_class: planClassOf(plan), plan }));
    const planned = classes.map(({ plan_class, plan }) => ({ tenant: plan.tenant, plan_class, error: null }));
    await fleetPlans.note(id, { host, classes, tenants: planned });
  }
  const unplanned = { code: 'offline' as const, message: 'its host is offline', hint: null };
  await fleetPlans.finish(id, { state: 'done', at, unplanned, actor: null });
  return id;
}

/** Aborted by who started it, before anything was offered. */
async function addRollout({ core }: ControllerRig, { where, version, actor }: Added): Promise<string> {
  const { rollouts } = core.store;
  const settings = rolloutSettingsSchema.parse({});
  const at = new Date().toISOString();
  const about = { id: makeId(), version, commit, where, selection: parseSelection(where), scope: null };
  const { id } = await rollouts.start(
    { ...about, plan: null, settings, approved: null, at },
    { arrange: createArrange({ version, settings, approved: null }), isConnected: () => false, key: null, actor },
  );
  await core.rolloutsFor({ scope: null, actor }).abort(id);
  // The loop of the controller does the same, a moment later.
  const away = { isConnected: false, since: null, wasAway: false, hasCaughtUp: false };
  const judge = (now: RolloutNow) => decide(now, { host: () => away }, at).actions;
  await rollouts.step(id, judge, { at, makeId, isOffered: () => false });
  return id;
}
