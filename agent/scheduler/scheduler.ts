// The scheduler of this host's upgrades: accepts each request once, runs at most one upgrade per tenant, and resumes
// unfinished ones.
import { AppError } from '../../shared/errors.js';
import type { Plan } from '../../shared/model/plan/plan.js';
import type { UpgradeRequest } from '../../shared/model/request.js';
import type { Log } from '../../shared/os/log.js';
import { createResizableQueue } from '../../shared/os/work_queue.js';
import type { TenantConfig } from '../config/tenant_file/tenant_config.js';
import { findLatest, type FoundUpgrade } from '../store/find_upgrades.js';
import { createQueuePlaces } from '../store/queue.js';
import type { RequestKeys } from '../store/request_keys.js';
import type { Tombstones } from '../store/tombstones.js';
import type { OpenJournals } from '../store/open_journals.js';
import type { Origin } from '../store/origin.js';
import { planUpgrade } from '../upgrade/begin_upgrade.js';
import type { Host } from '../upgrade/host.js';
import { acceptUpgrade, enqueue, type AskedUpgrade } from './accept.js';
import type { SchedulerContext } from './context.js';
import type { ActiveUpgrade } from './active_upgrade.js';
import { createAdopt, type Adopt } from './adopt.js';
import { ActiveUpgrades } from './active_upgrades.js';
import { begunError, cancelUnknown } from './cancel.js';
import { createResume, requireResolved, type Resume } from './continue/hold.js';
import { createSetMark, type SetMark } from './marks.js';
import { requireAllowed, wishOf } from './origin_rules.js';
import { createPlanTenants, type PlanTenants } from './plan_tenants.js';
import { createRequestLimits } from './request_limits.js';
import { recoverUpgrades } from './recover.js';
import { maskRefusal } from './mask_refusal.js';
import { createRollBack, type RollBack } from './continue/rollback.js';

export interface Scheduler {
  /** What the upgrade would do; touches nothing of the tenant. Throws AppError where it could not even be planned. */
  plan(slug: string, request: UpgradeRequest, by?: Origin['by']): Promise<Plan>;
  /** Plans many tenants for one request. */
  planTenants: PlanTenants;
  /**
   * Accepts an upgrade once per id, and resolves when that is on the disk. A refused upgrade has a journal too, with
   * status `refused`.
   */
  upgrade(id: string, slug: string, asked: AskedUpgrade): Promise<void>;
  /** The id of the first request with this key, or null: a repeated one is to be asked for under it. */
  findFirst: RequestKeys['find'];
  /** Rolls the tenant's latest successful upgrade (or its hold) back, once per id; resolves with that upgrade's id. */
  rollback: RollBack;
  /** Resumes after a hold, or accepts the tenant as it is, once per id; resolves with the upgrade's id. */
  resume: Resume;
  /** Marks a tag's hooks, once per id; resolves when that is on the disk. */
  mark: SetMark;
  /** Takes a tenant that was installed by hand under the record; resolves when that is on the disk. */
  adopt: Adopt;
  /** Cancels the upgrade of this id, or the running one. Null for an unknown id, which then never runs. */
  cancel(slug: string, options: AskedCancel): Promise<string | null>;
  /** The queued and running upgrades. */
  list(): readonly ActiveUpgrade[];
  /** The journals of the running upgrades. */
  journals: OpenJournals;
  /** From now on so many run at a time; the others queue. */
  setMaxConcurrent(maxConcurrent: number): void;
  /** Resumes every upgrade that an agent before this one left unfinished; their ids. */
  recover(): Promise<string[]>;
  /** Resolves when nothing is queued or running. */
  idle(): Promise<void>;
}

export interface AskedCancel {
  id?: string | undefined;
  force: boolean;
  /** Only if it has not begun. */
  unbegun?: boolean | undefined;
  /** Default: the host. */
  by?: Origin['by'];
}

export interface SchedulerOptions {
  host: Host;
  /** Those of the host's state folder. */
  tombstones: Tombstones;
  keys: RequestKeys;
  log: Log;
  maxConcurrent: number;
  /** Throws AppError `unknown-tenant`, or `config` for a tenant whose file is broken. */
  findTenant: (slug: string) => TenantConfig;
  /** Called when an upgrade has ended, or needs an operator. */
  onEnd: (upgrade: FoundUpgrade) => Promise<void>;
  /** Called with the id of an upgrade that has begun, continues after its end (a rollback), or was refused. */
  onBegin: (id: string) => void;
  /** Called with the id of an accepted upgrade: when it is on the disk, and when it leaves the queue. */
  onWaiting?: (id: string) => void;
}

/** A scheduler without upgrades; `recover` adds the unfinished ones. */
export function createScheduler(options: SchedulerOptions): Scheduler {
  const { host, log, tombstones, keys, maxConcurrent, findTenant, onBegin, onEnd } = options;
  const actives = new ActiveUpgrades({ host, log, onBegin, onEnd });
  const limits = createRequestLimits(host.clock);
  const { run: runQueued, resize } = createResizableQueue(maxConcurrent);
  const { onWaiting = () => undefined } = options;
  const places = createQueuePlaces();
  const context = { host, log, actives, tombstones, keys, limits, places, findTenant, runQueued, onWaiting };
  const rollBack = createRollBack(context);
  const resume = createResume(context, onBegin);
  const plan: Scheduler['plan'] = (slug, request, by = 'host') => planFor(context, { slug, request, by });
  const finder = (slug: string) => () => findTenant(slug);
  return {
    plan,
    planTenants: createPlanTenants(context),
    findFirst: (asked) => keys.find(asked),
    upgrade: (id, tenant, asked) => acceptUpgrade(context, { id, tenant }, asked),
    rollback: (slug, asked) => maskRefusal(finder(slug), () => rollBack(slug, asked)),
    resume: (slug, asked) => maskRefusal(finder(slug), () => resume(slug, asked)),
    mark: createSetMark(context, plan),
    adopt: createAdopt(context, plan),
    cancel: (slug, asked) => cancel(context, slug, asked),
    list: () => actives.list(),
    setMaxConcurrent: resize,
    journals: {
      find: (id) => actives.find(id)?.journal ?? null,
      untilBegun: async (id) => actives.find(id)?.begun,
    },
    recover: () =>
      recoverUpgrades({
        state: host.state,
        tombstones,
        log,
        now: host.clock.now(),
        resume(found, cancelling) {
          // Resume at once, whatever else runs: this tenant may be down. It still counts towards `max_concurrent`.
          const ended = actives.resume(found, cancelling);
          void context.runQueued(() => ended);
        },
        enqueue(queued) {
          places.see(queued.place);
          void enqueue(context, queued);
        },
      }),
    idle: () => actives.idle(),
  };
}

async function planFor(
  { host, actives, limits, findTenant }: SchedulerContext,
  { slug, request, by }: { slug: string; request: UpgradeRequest; by: Origin['by'] },
): Promise<Plan> {
  const config = findTenant(slug);
  requireAllowed({ by }, wishOf(request), config);
  actives.requireIdle(slug);
  limits.count(by, 'plan');
  return limits.look(by, 'plan', async () => {
    requireResolved(slug, await findLatest(host.state, slug));
    return planUpgrade(host, { config, request });
  });
}

async function cancel(
  { host, actives, tombstones, limits }: SchedulerContext,
  tenant: string,
  { id, force, unbegun = false, by = 'host' }: AskedCancel,
): Promise<string | null> {
  const upgrade = id === undefined ? actives.findOf(tenant) : actives.find(id);
  if (upgrade === undefined) {
    limits.count(by, 'cancel');
    await cancelUnknown({ state: host.state, tombstones }, { tenant, id });
    return null;
  }
  if (upgrade.tenant !== tenant) {
    throw new AppError('usage', `the upgrade ${upgrade.id} belongs to ${upgrade.tenant}, not to ${tenant}`);
  }
  // Decided now: one that is being planned begins with the cancel.
  if (unbegun && upgrade.waiting === null) throw begunError(upgrade);
  await upgrade.cancel({ force });
  return upgrade.id;
}
