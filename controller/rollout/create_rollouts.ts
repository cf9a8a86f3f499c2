// Fleet plans and rollouts over the store: what people ask for becomes rows, and the loops do the rest.
import { AppError } from '../../shared/errors.js';
import { rolloutSettingsSchema } from '../../shared/model/rollout.js';
import type { Clock } from '../../shared/os/clock.js';
import type { Notifier } from '../../shared/os/notifier.js';
import { parseSelection } from '../../shared/selection/parse_selection.js';
import type { Rollout, RolloutSummary } from '../../shared/wire/rollouts_api.js';
import type { AgentConnections } from '../fleet/agent_connections.js';
import type { FleetAsker } from '../fleet/fleet.js';
import type { Key } from '../store/access.js';
import type { Store } from '../store/port.js';
import type { StoredFleetPlan } from '../store/fleet_plans.js';
import type { RolloutChange, RolloutNow } from '../store/rollouts.js';
import { createArrange } from './start/arrange.js';
import * as changes from './changes.js';
import { decide } from './decide/decide.js';
import type { FleetView } from './fleet_view.js';
import { hideForeign } from './view/hide_foreign.js';
import { fleetPlansKey } from './plan_fleet.js';
import { rolloutsKey } from './loop.js';
import { readBlockers } from './view/read_blockers.js';
import { readCauses } from './view/read_causes.js';
import type { Rollouts, RolloutsFor } from './rollouts.js';
import { chooseStart } from './start/choose_start.js';
import { tally } from './decide/tally.js';
import { summarizePlan, viewPlan } from './view/view_plan.js';
import { summarizeRollout, viewRollout, viewTarget } from './view/view_rollout.js';
import { checkWindows } from './windows.js';

export interface RolloutsOptions {
  store: Store;
  connections: Pick<AgentConnections, 'isConnected' | 'request'>;
  fleetView: FleetView;
  notifier: Pick<Notifier, 'notify' | 'subscribe'>;
  /** Does what follows from a change at once: what is answered is then how the rollout goes on. */
  step: (id: string) => Promise<void>;
  clock: Clock;
  makeId: () => string;
}

/** How often followers are told at most. */
const followMs = 500;

/** Rollouts as each asker sees them. Keeps no state in memory. */
export function createRollouts(options: RolloutsOptions): RolloutsFor {
  return (asker) => createRolloutsOf(options, asker);
}

// oxlint-disable-next-line max-lines-per-function -- a factory: its closures are the methods
function createRolloutsOf(options: RolloutsOptions, { scope, actor }: FleetAsker): Rollouts {
  const { store, fleetView, notifier, step, clock, makeId } = options;
  const { rollouts, fleetPlans } = store;
  const now = () => clock.now().toISOString();
  const hide = <View extends Parameters<typeof hideForeign>[0]>(view: View) =>
    hideForeign(view, { scope, name: actor.name });
  const asking = () => ({ name: actor.name, reason: actor.reason, at: now() });

  async function requirePlan(id: string): Promise<StoredFleetPlan> {
    const plan = await fleetPlans.find(id, scope);
    if (plan !== null) return plan;
    throw new AppError('unknown-fleet-plan', `there is no fleet plan ${id}`, {
      hint: '`drover rollout plan --list` lists them.',
    });
  }

  async function requireNow(id: string): Promise<RolloutNow> {
    const found = await rollouts.read(id, scope);
    if (found !== null) return found;
    throw new AppError('unknown-rollout', `there is no rollout ${id}`, { hint: '`drover rollout list` lists them.' });
  }

  async function view(id: string): Promise<Rollout> {
    const found = await requireNow(id);
    const at = now();
    const rollout = viewRollout(found, decide(found, fleetView.of(found), at), at);
    const { targets } = found;
    return hide({
      ...rollout,
      failures: await readCauses(rollout.failures, { targets, upgrades: store.upgrades }),
      unapproved: await readBlockers(rollout, fleetPlans),
    });
  }

  /** For lists: with the counts of the targets that the asker sees. */
  async function summarize(id: string): Promise<RolloutSummary> {
    const found = await requireNow(id);
    const { counts, estimated_end } = decide(found, fleetView.of(found), now()).actions;
    return hide(summarizeRollout({ ...found.rollout, estimated_end }, counts));
  }

  /** As it is after the step that a change leads to; the loop does the next ones. */
  async function stepAndView(id: string): Promise<Rollout> {
    await step(id);
    notifier.notify(rolloutsKey);
    return view(id);
  }

  /** Stores a person's change. */
  async function change(
    id: string,
    action: string,
    work: (found: RolloutNow) => RolloutChange | AppError,
  ): Promise<Rollout> {
    await rollouts.change(id, work, { actor, action, at: now(), scope });
    return stepAndView(id);
  }

  const planView = async (id: string) => hide(await viewPlan(fleetPlans, await requirePlan(id), scope));

  return {
    async planFleet({ version, where }) {
      const id = makeId();
      const selection = where === null ? null : parseSelection(where);
      await fleetPlans.add({ id, version, where, selection, scope, at: now() }, actor);
      notifier.notify(fleetPlansKey);
      return planView(id);
    },
    async listPlans(query) {
      const { items, next } = await fleetPlans.list(query, scope);
      return { items: items.map((plan) => hide(summarizePlan(plan))), next };
    },
    findPlan: planView,
    async cancelPlan(id) {
      const { state, tenants } = await requirePlan(id);
      if (scope !== null && (await fleetPlans.find(id, null))?.tenants !== tenants) {
        throw new AppError('forbidden', `the fleet plan ${id} has tenants that this token does not see`, {
          hint: 'Ask somebody who sees all of its tenants; it ends by itself, too.',
        });
      }
      if (state !== 'running') throw new AppError('has-ended', `the fleet plan ${id} has ended already (${state})`);
      const unplanned = { code: 'cancelled', message: 'the fleet plan was cancelled', hint: null };
      await fleetPlans.finish(id, { state: 'cancelled', at: now(), unplanned, actor });
      notifier.notify(fleetPlansKey);
      return planView(id);
    },

    async start(body, key, signal) {
      const at = now();
      const settings = rolloutSettingsSchema.strip().parse(body);
      checkWindows(settings.windows, at);
      const given: Key | null =
        key === undefined ? null : { owner: actor.token ?? '', key, fingerprint: JSON.stringify(['rollout', body]) };
      const selection = body.where === null ? null : parseSelection(body.where);
      const before = given === null ? null : await store.orders.findKeyed(given);
      if (before !== null) return view(before);
      const chosen = await chooseStart({ ...options, scope, signal }, { body, selection });
      const { version, commit, approved } = chosen;
      const arrange = createArrange({ version, settings, approved });
      const { where, plan } = body;
      const rollout = { id: makeId(), version, commit, where, selection, scope, plan, settings, approved, at };
      const { id } = await rollouts.start(rollout, {
        arrange,
        isConnected: (host) => fleetView.isConnected(host),
        key: given,
        actor,
      });
      return stepAndView(id);
    },
    async list(query) {
      const { items, next } = await rollouts.list(query, scope);
      if (scope === null) return { items: items.map((one) => summarizeRollout(one)), next };
      // The stored counts are over all targets; this asker sees some.
      const seen = [];
      for (const { id } of items) seen.push(await summarize(id));
      return { items: seen, next };
    },
    find: view,
    async listTargets(id, query) {
      const found = await requireNow(id);
      const decision = decide(found, fleetView.of(found), now());
      const { items, next } = await rollouts.listTargets(found, query, scope);
      return { items: items.map((target) => viewTarget(target, decision)), next };
    },
    async *follow(id, signal) {
      const woken = notifier.subscribe(rolloutsKey);
      try {
        for (let shown = ''; ; ) {
          const rollout = await view(id);
          const text = JSON.stringify(rollout);
          if (text !== shown) yield rollout;
          shown = text;
          if (rollout.ended_at !== null) return;
          await clock.wait(followMs, signal);
          await woken.next({ signal, timeoutMs: 5000 });
        }
      } finally {
        woken.close();
      }
    },

    pause: (id) => change(id, 'rollout.pause', (found) => changes.pause(found, asking())),
    resume: (id, { failures }) =>
      change(id, 'rollout.resume', (found) => {
        const { counted } = tally(found, fleetView.of(found), now());
        return changes.resume(found, { failures, counted });
      }),
    abort: (id) => change(id, 'rollout.abort', (found) => changes.abort(found, asking())),
    async retry(id, body) {
      const found = await requireNow(id);
      let retried = changes.findRetried(found, body);
      if (body.dry_run) {
        const refusal = changes.refuseRetry(found, body);
        if (refusal !== null) throw refusal;
        return retried;
      }
      await change(id, 'rollout.retry', (latest) => {
        retried = changes.findRetried(latest, body);
        return changes.retry(latest, body);
      });
      return retried;
    },
    waive: (id, tenants) =>
      change(id, 'rollout.waive', (found) => {
        const { unreachable } = tally(found, fleetView.of(found), now());
        return changes.waive(found, { tenants, unreachable });
      }),
    approve: (id, body) => change(id, 'rollout.approve', (found) => changes.approve(found, body)),
    rollback: (id) => change(id, 'rollout.rollback', (found) => changes.rollBack(found, asking())),
  };
}
