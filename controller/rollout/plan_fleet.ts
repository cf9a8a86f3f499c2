// Asks the hosts of fleet plans for their tenants' plans. Level-triggered: what is unplanned is asked for, also of a host that
// comes back and by a controller that restarts.
import { AppError } from '../../shared/errors.js';
import { sharedLimits } from '../../shared/limits.js';
import { toErrorBody, type ErrorBody } from '../../shared/model/error_body.js';
import { planClassOf } from '../../shared/model/plan/plan_class.js';
import type { Clock } from '../../shared/os/clock.js';
import type { Log } from '../../shared/os/log.js';
import type { Notifier } from '../../shared/os/notifier.js';
import type { AgentFrameOf } from '../../shared/wire/protocol.js';
import type { AgentConnections } from '../fleet/agent_connections.js';
import { controllerLimits } from '../limits.js';
import type { FleetPlanStore, StoredFleetPlan } from '../store/fleet_plans.js';

/** Notified of a plan that is new, has got answers or has been cancelled, and of hosts that come and go. */
export const fleetPlansKey = 'fleet-plans';

/** How long hosts that are offline are waited for, once all others have answered. */
const offlineMs = 30_000;
/** A fleet plan that takes longer ends with what it has. */
const longestMs = 30 * 60_000;

export interface PlanFleetOptions {
  store: FleetPlanStore;
  connections: Pick<AgentConnections, 'isConnected' | 'send'>;
  notifier: Pick<Notifier, 'notify' | 'subscribe'>;
  clock: Clock;
  makeId: () => string;
  log: Log;
}

export interface PlanFleet {
  /**
   * Takes some of a host's answer; resolves when it is stored. Throws AppError `protocol` for a plan that it was not asked
   * for, or of another class than it says.
   */
  take(host: string, planned: AgentFrameOf<'planned'>): Promise<void>;
  /** The host does not plan at all: this is what its tenants fail with. */
  refuse(host: string, request: string, error: ErrorBody): Promise<void>;
  /** A host has disconnected: what it was asked for is asked again. */
  forget(host: string): void;
  /** Runs until `stop`, which resolves when it has ended. */
  start(): void;
  stop(): Promise<void>;
}

/** A request that a host has not answered whole. */
interface Asked {
  request: string;
  plan: string;
  /** The tag that was asked for; null for the highest stable one. */
  version: string | null;
  tenants: ReadonlySet<string>;
  left: Set<string>;
}

/** AppError `protocol` for a plan that does not answer what this host was asked, or null. */
function refusePlan(host: string, { version, tenants }: Asked, { plan_class: claimed, plan }: SentClass) {
  const { target } = plan;
  if (plan.host !== host || !tenants.has(plan.tenant)) {
    return new AppError('protocol', `a plan of ${plan.tenant} on ${plan.host}, which ${host} was not asked for`);
  }
  if (version !== null && target !== null && target.version !== version) {
    return new AppError('protocol', `a plan for ${target.version}, and ${version} was asked for`);
  }
  if (planClassOf(plan) === claimed) return null;
  return new AppError('protocol', `a plan of the class ${claimed.slice(0, 8)} has another class`);
}

type SentClass = AgentFrameOf<'planned'>['classes'][number];

/** Asks nobody before `start`. */
// oxlint-disable-next-line max-lines-per-function -- a factory: its closures are the methods
export function createPlanFleet(options: PlanFleetOptions): PlanFleet {
  const { store, connections, notifier, clock, makeId, log } = options;
  const ending = new AbortController();
  const { signal } = ending;
  const woken = notifier.subscribe(fleetPlansKey);
  /** By host: one request at a time. */
  const asked = new Map<string, Asked>();
  /** When the last host of a plan that is here had answered. */
  const quietSince = new Map<string, number>();

  /** Of more tenants than a request may name the others are asked for once these are planned. */
  function ask(host: string, plan: StoredFleetPlan, unplanned: readonly string[]): void {
    const request = makeId();
    const tenants = unplanned.slice(0, sharedLimits.plannedAtOnce.max);
    const { version } = plan;
    asked.set(host, { request, plan: plan.id, version, tenants: new Set(tenants), left: new Set(tenants) });
    const wish = { version, force: false, allow_downgrade: false, from: null, commit: null };
    connections.send(host, { type: 'plan_tenants', request_id: request, tenants, request: wish });
  }

  /** Asks as many hosts as may be asked; ends the plan when nobody is left. Returns when to look again, or null. */
  async function look(id: string): Promise<number | null> {
    const plan = await store.find(id, null);
    if (plan === null || plan.state !== 'running') return null;
    const unplanned = await store.listUnplanned(id);
    const at = clock.now();
    const endMs = Date.parse(plan.created_at) + longestMs - at.getTime();
    if (unplanned.size === 0 || endMs <= 0) return finish(plan, at);
    const here = [...unplanned].filter(([host]) => connections.isConnected(host));
    for (const [host, tenants] of here) {
      if (asked.size >= controllerLimits.planningHosts.max) break;
      if (!asked.has(host)) ask(host, plan, tenants);
    }
    if (here.length > 0) {
      quietSince.delete(id);
      return endMs;
    }
    const since = quietSince.get(id) ?? clock.monotonicMs();
    quietSince.set(id, since);
    const leftMs = since + offlineMs - clock.monotonicMs();
    return leftMs > 0 ? leftMs : finish(plan, at);
  }

  async function finish(plan: StoredFleetPlan, at: Date): Promise<null> {
    quietSince.delete(plan.id);
    stopHosts(plan.id);
    const unplanned = toErrorBody(
      new AppError('offline', 'its host is offline', { hint: '`drover hosts` shows which are; plan again later.' }),
    );
    await store.finish(plan.id, { state: 'done', at: at.toISOString(), unplanned, actor: null });
    notifier.notify(fleetPlansKey);
    return null;
  }

  /** Tells the hosts that still plan for it to stop. */
  function stopHosts(plan: string): void {
    for (const [host, { request, plan: own }] of asked) {
      if (own !== plan) continue;
      asked.delete(host);
      connections.send(host, { type: 'plan_stop', request_id: request });
    }
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      const running = await store.listRunning();
      for (const { plan } of asked.values()) if (!running.includes(plan)) stopHosts(plan);
      const waits: number[] = [];
      for (const id of running) {
        const leftMs = await look(id);
        if (leftMs !== null) waits.push(leftMs);
      }
      const timeoutMs = waits.length === 0 ? {} : { timeoutMs: Math.max(50, Math.min(...waits)) };
      await woken.next({ signal, ...timeoutMs });
    }
  }

  let ended = Promise.resolve();
  return {
    async take(host, { request_id: request, classes, tenants, is_last: isLast }) {
      const own = asked.get(host);
      // An answer to a request of before, or one that was stopped.
      if (own?.request !== request) return;
      for (const sent of classes) {
        const refusal = refusePlan(host, own, sent);
        if (refusal !== null) throw refusal;
      }
      const answered = tenants.filter(({ tenant }) => own.left.delete(tenant));
      const missing = isLast ? [...own.left] : [];
      const error = toErrorBody(new AppError('protocol', 'its host did not say what its plan is'));
      const unanswered = missing.map((tenant) => ({ tenant, plan_class: null, error }));
      await store.note(own.plan, { host, classes, tenants: [...answered, ...unanswered] });
      if (isLast && asked.get(host) === own) asked.delete(host);
      notifier.notify(fleetPlansKey);
    },
    async refuse(host, request, error) {
      const own = asked.get(host);
      if (own?.request !== request) return;
      asked.delete(host);
      const tenants = [...own.left].map((tenant) => ({ tenant, plan_class: null, error }));
      await store.note(own.plan, { host, classes: [], tenants });
      notifier.notify(fleetPlansKey);
    },
    forget(host) {
      asked.delete(host);
    },
    start() {
      ended = repeat(run, { signal, clock, log });
    },
    async stop() {
      ending.abort(new Error('the controller ends'));
      woken.close();
      await ended;
    },
  };
}

const retryMs = 1000;

/** Runs `work` again, after a while, for as long as it throws. */
async function repeat(
  work: () => Promise<void>,
  { signal, clock, log }: { signal: AbortSignal; clock: Clock; log: Log },
): Promise<void> {
  while (!signal.aborted) {
    try {
      await work();
    } catch (error) {
      if (signal.aborted) return;
      log.error({ err: error }, 'fleet plans could not be continued; they are tried again');
      await clock.wait(retryMs, signal).catch(() => undefined);
    }
  }
}
