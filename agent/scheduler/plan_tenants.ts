// Plans many tenants for one request: two at a time, each remote asked once, and only while this host upgrades nothing.
import type { Plan } from '../../shared/model/plan/plan.js';
import type { UpgradeRequest } from '../../shared/model/request.js';
import { createWorkQueue } from '../../shared/os/work_queue.js';
import type { TenantConfig } from '../config/tenant_file/tenant_config.js';
import { agentLimits } from '../limits.js';
import { findUpgrade, listLatest, type LatestUpgrade } from '../store/find_upgrades.js';
import type { Origin } from '../store/origin.js';
import { planUpgrade } from '../upgrade/begin_upgrade.js';
import { createFetchOnce } from '../upgrade/plan/fetch_once.js';
import type { SchedulerContext } from './context.js';
import { requireResolved } from './continue/hold.js';
import { requireAllowed, wishOf } from './origin_rules.js';

export interface AskedPlans {
  /** Each is planned once. */
  tenants: readonly string[];
  request: UpgradeRequest;
  by: Origin['by'];
}

/** A tenant's plan, or why it has none. */
export type PlannedTenant = { tenant: string; plan: Plan } | { tenant: string; error: unknown };

/** Takes what is planned. */
export interface PlannedSink {
  /** Resolves when it takes the next one. */
  add(planned: PlannedTenant): Promise<void>;
  /** Called where the next one may be long in coming: an upgrade goes before it. */
  flush(): Promise<void>;
}

/**
 * Plans each of the tenants, and resolves when the sink has them all. Throws AppError `busy` where a controller asks too
 * often; rejects with the signal's reason, or when the agent ends.
 */
export type PlanTenants = (asked: AskedPlans, options: { sink: PlannedSink; signal: AbortSignal }) => Promise<void>;

/** The plans of this host: at most two at a time, whichever requests they belong to. */
export function createPlanTenants(context: SchedulerContext): PlanTenants {
  const { host, actives, limits } = context;
  const atOnce = agentLimits.fleetPlansAtOnce.max;
  const runQueued = createWorkQueue(atOnce);
  return async (asked, { sink, signal: asking }) => {
    limits.count(asked.by, 'plan_tenants');
    const failing = new AbortController();
    const signal = AbortSignal.any([asking, failing.signal, host.shutdown]);
    const plan = openPlans(context, { asked, signal });
    const left = await refuseUnplannable(context, { asked, sink });
    /** Nothing waits in the queue itself: the plans of other requests have it meanwhile. */
    const planInTurn = async (tenant: string): Promise<PlannedTenant> => {
      for (;;) {
        if (!actives.areNone()) await sink.flush();
        await actives.untilNone(signal);
        const planned = await runQueued(async () => (actives.areNone() ? plan(tenant) : null));
        if (planned !== null) return planned;
      }
    };
    const work = async () => {
      for (let tenant = left.shift(); tenant !== undefined; tenant = left.shift()) {
        await sink.add(await planInTurn(tenant));
      }
    };
    const endAll = (error: unknown) => {
      failing.abort(error);
      throw error;
    };
    await Promise.all(Array.from({ length: atOnce }, () => work().catch(endAll)));
  };
}

/** Answers at once for those that cannot be planned now; the others. Those that have an upgrade do not wait for its end. */
async function refuseUnplannable(
  context: SchedulerContext,
  { asked, sink }: { asked: AskedPlans; sink: PlannedSink },
): Promise<string[]> {
  const left: string[] = [];
  for (const tenant of new Set(asked.tenants)) {
    try {
      findPlannable(context, tenant, asked);
      left.push(tenant);
    } catch (error) {
      await sink.add({ tenant, error });
    }
  }
  return left;
}

function findPlannable({ findTenant, actives }: SchedulerContext, tenant: string, asked: AskedPlans): TenantConfig {
  const config = findTenant(tenant);
  requireAllowed(asked, wishOf(asked.request), config);
  actives.requireIdle(tenant);
  return config;
}

/** Makes the plans of one request. A tenant's error is its answer; only the signal's reason is thrown. */
function openPlans(
  context: SchedulerContext,
  { asked, signal }: { asked: AskedPlans; signal: AbortSignal },
): (tenant: string) => Promise<PlannedTenant> {
  const { host } = context;
  const fetchTags = createFetchOnce();
  const findLatest = createLatestLook(context);
  return async (tenant) => {
    try {
      signal.throwIfAborted();
      const config = findPlannable(context, tenant, asked);
      const latest = (await findLatest()).get(tenant);
      if (latest?.mayHold === true) requireResolved(tenant, findUpgrade(host.state, latest.id));
      return { tenant, plan: await planUpgrade(host, { config, request: asked.request, fetchTags, signal }) };
    } catch (error) {
      signal.throwIfAborted();
      return { tenant, error };
    }
  };
}

/** The latest upgrade of each tenant. All journals are looked at once, and again when an upgrade has ended since. */
function createLatestLook({ host, actives }: SchedulerContext): () => Promise<ReadonlyMap<string, LatestUpgrade>> {
  let look: { ended: number; found: Promise<ReadonlyMap<string, LatestUpgrade>> } | null = null;
  return () => {
    if (look?.ended !== actives.ended) look = { ended: actives.ended, found: listLatest(host.state) };
    return look.found;
  };
}
