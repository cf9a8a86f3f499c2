// The upgrades of this host: accepts commands, once each, keeps to one upgrade per tenant, and goes on with what was left.
import { createWorkQueue } from '../../shared/os/work_queue.js';
import { AppError } from '../../shared/errors.js';
import type { EventBody } from '../../shared/model/events.js';
import type { UpgradeRequest } from '../../shared/model/request.js';
import type { Log } from '../../shared/os/log.js';
import type { Plan } from '../../shared/model/plan.js';
import type { TenantConfig } from '../config/tenant_config.js';
import { busyError, createActiveUpgrade, type ActiveUpgrade } from './active_upgrade.js';
import { planUpgrade } from '../upgrade/begin_upgrade.js';
import { chooseRollback } from './choose_rollback.js';
import { runUpgrade } from '../upgrade/run_upgrade.js';
import type { Host } from '../upgrade/host.js';
import { findLatest, findUpgrade, isUpgradeId, type FoundUpgrade } from '../store/find_upgrades.js';
import { openJournal, type Journal } from '../store/journal.js';
import { acceptHold, cancelActive, requireHold, requireResolved } from './operator_rules.js';
import { requireAllowed, watchExpiry, type Origin } from './origin.js';
import { writeQueued } from '../store/queue.js';
import { recoverUpgrades } from './recover.js';
import { createRollbackOnce } from './rollback_once.js';
import { requireWritable } from '../store/state_folder.js';
import { isPruned } from './prune.js';
import { prepareStart } from './start_queued.js';
import { retryUntilDone } from './retry_until_done.js';
import { cancelAbsent, endedError } from './cancel_unknown.js';

/** What is asked for, and by whom. */
export interface UpgradeOrder {
  request: UpgradeRequest;
  origin: Origin;
}

export interface Scheduler {
  plan(slug: string, request: UpgradeRequest, by?: Origin['by']): Promise<Plan>;
  /**
   * Accepts an upgrade, once per id, for good, and resolves when that is on the disk; a refusal is an upgrade too, with
   * status `refused`.
   */
  upgrade(id: string, slug: string, asked: UpgradeOrder): Promise<void>;
  /** Turns the tenant's latest successful upgrade (or its hold) back, once per id; resolves with that upgrade's id. */
  rollback(slug: string, asked: { id: string; restoreDatabase: boolean; origin: Origin }): Promise<string>;
  /** Goes on after a hold, or accepts the tenant as it is; resolves with the upgrade's id. */
  resume(slug: string, options: { accept: boolean }): Promise<string>;
  /** Ends the upgrade of this id, or the one that is under way; null where its id is withdrawn before it was heard of. */
  cancel(slug: string, options: { id?: string; force: boolean }): Promise<string | null>;
  /** What is under way now. */
  list(): ActiveUpgrade[];
  /** Throws AppError `busy` while an upgrade of the tenant is under way. */
  requireIdle(slug: string): void;
  /** Goes on with every upgrade that an agent before this one left unfinished; their ids. */
  recover(): Promise<string[]>;
  /** Resolves when nothing is under way. */
  settled(): Promise<void>;
}

export interface SchedulerOptions {
  host: Host;
  log: Log;
  maxConcurrent: number;
  /** Throws AppError `unknown-tenant`, or `config` for a tenant whose file is broken. */
  findTenant: (slug: string) => TenantConfig;
  /** Called when an upgrade has ended, or waits for an operator. */
  onEnd: (upgrade: FoundUpgrade) => Promise<void>;
  /** Called with the id of an upgrade that has begun, goes on after its end, or was refused. */
  onBegin: (id: string) => void;
}

export function createScheduler(options: SchedulerOptions): Scheduler {
  const { host, log, maxConcurrent, findTenant, onEnd, onBegin } = options;
  const { state, clock, shutdown } = host;
  const active = new Map<string, ActiveUpgrade>();
  const running = new Map<ActiveUpgrade, Promise<void>>();
  const runQueued = createWorkQueue(maxConcurrent);
  const rollbackOnce = createRollbackOnce(state);
  const ofTenant = (slug: string) => [...active.values()].find(({ tenant }) => tenant === slug);

  /** Work in the background for one activity; what goes wrong there is logged, for there is nobody to tell. */
  function start(activity: ActiveUpgrade, work: () => Promise<void>): void {
    active.set(activity.id, activity);
    const tracked = work()
      .catch((error: unknown) => {
        if (!shutdown.aborted)
          log.error({ err: error, upgrade: activity.id }, 'an upgrade stopped outside of its steps');
      })
      .finally(() => {
        release(activity);
        running.delete(activity);
      });
    running.set(activity, tracked);
  }

  async function drive(activity: ActiveUpgrade, journal: Journal): Promise<void> {
    activity.state = 'running';
    activity.journal = journal;
    activity.markBegun();
    onBegin(activity.id);
    await retryUntilDone({ host, log, id: activity.id }, () => runUpgrade(host, journal));
    await end(activity);
  }

  /** The tenant is free for the next upgrade as soon as this one has ended, whatever is tidied up after it. */
  function release(activity: ActiveUpgrade): void {
    activity.markBegun();
    activity.journal?.close();
    activity.journal = null;
    // While this one was tidied up after, a rollback may have taken it up again.
    if (active.get(activity.id) === activity) active.delete(activity.id);
  }

  async function end(activity: ActiveUpgrade): Promise<void> {
    release(activity);
    const upgrade = findUpgrade(state, activity.id);
    if (upgrade !== null) await onEnd(upgrade);
  }

  /** Lets an accepted upgrade wait for its turn; one that is to be refused for another's sake has none to wait for. */
  function enqueue(activity: ActiveUpgrade, { request, origin }: UpgradeOrder): void {
    const { id, tenant } = activity;
    const other = ofTenant(tenant);
    const requireInTime = watchExpiry(origin, clock);
    const admit = async () => {
      const config = findTenant(tenant);
      requireAllowed(origin, { downgrade: request.allow_downgrade }, config);
      requireInTime(`the upgrade ${id}`);
      if (other !== undefined) throw busyError(other);
      requireResolved(tenant, await findLatest(state, tenant));
      return config;
    };
    const work = prepareStart({ host, log, activity, request, admit, drive: (journal) => drive(activity, journal) });
    start(activity, () => (other === undefined ? runQueued(work) : work()));
  }

  /** Takes a finished upgrade up again, with one more record. */
  function reopen({ id, folder, begin: { tenant } }: FoundUpgrade, record: EventBody): string {
    requireWritable(state.upgrades);
    const activity = createActiveUpgrade({ id, tenant, state: 'running' });
    const before = active.get(id);
    const tidied = before === undefined ? undefined : running.get(before);
    start(activity, async () => {
      await tidied;
      const journal = await openJournal(folder, clock);
      journal.append(record);
      await journal.sync();
      return drive(activity, journal);
    });
    return id;
  }

  function requireIdle(slug: string): void {
    const other = ofTenant(slug);
    if (other !== undefined) throw busyError(other);
  }

  return {
    async plan(slug, request, by = 'host') {
      const config = findTenant(slug);
      requireAllowed({ by }, { downgrade: request.allow_downgrade }, config);
      requireIdle(slug);
      requireResolved(slug, await findLatest(state, slug));
      return planUpgrade(host, { config, request });
    },

    async upgrade(id, slug, asked) {
      if (!isUpgradeId(id)) throw new AppError('usage', `${id} is not an upgrade id (a UUIDv7)`);
      const known = active.get(id);
      if (known !== undefined) return known.accepted;
      if (findUpgrade(state, id) !== null) return;
      if (isPruned(state, id)) throw endedError(state, id);
      const queued = { id, tenant: slug, accepted_at: clock.now().toISOString(), ...asked };
      const activity = createActiveUpgrade({ id, tenant: slug, state: 'queued' }, writeQueued(state, queued));
      enqueue(activity, asked);
      await activity.accepted;
    },

    rollback(slug, { id, restoreDatabase, origin }) {
      const requireInTime = watchExpiry(origin, clock);
      return rollbackOnce({ id, tenant: slug }, async () => {
        const config = findTenant(slug);
        requireAllowed(origin, { restoreDatabase }, config);
        requireIdle(slug);
        const upgrade = await chooseRollback(host, { config, restoreDatabase });
        requireIdle(slug); // Once more: an upgrade may have been accepted while this was looked into.
        requireInTime(`the rollback ${id}`);
        return reopen(upgrade, { type: 'rollback', id, restore_database: restoreDatabase });
      });
    },

    async resume(slug, { accept }) {
      findTenant(slug);
      requireIdle(slug);
      const { upgrade } = requireHold(slug, await findLatest(state, slug));
      requireIdle(slug); // Once more, for the same reason.
      if (!accept) return reopen(upgrade, { type: 'resume', accept });
      const journal = await openJournal(upgrade.folder, clock);
      for (const record of acceptHold(upgrade)) journal.append(record);
      await journal.sync();
      journal.close();
      onBegin(upgrade.id);
      return upgrade.id;
    },

    async cancel(slug, { id, force }) {
      const activity = id === undefined ? ofTenant(slug) : active.get(id);
      return activity === undefined
        ? cancelAbsent(state, { tenant: slug, id })
        : cancelActive(activity, { tenant: slug, force });
    },

    list: () => [...active.values()],
    requireIdle,

    recover: () =>
      recoverUpgrades({
        state,
        log,
        now: clock.now(),
        goOn({ id, folder, begin: { tenant } }) {
          const activity = createActiveUpgrade({ id, tenant, state: 'running' });
          // Whatever else runs: these tenants may be down. Each takes a place in the queue, for those that waited behind it.
          start(activity, async () => drive(activity, await openJournal(folder, clock)));
          void runQueued(async () => running.get(activity));
        },
        wait: ({ id, tenant, ...asked }) => enqueue(createActiveUpgrade({ id, tenant, state: 'queued' }), asked),
      }),

    async settled() {
      while (running.size > 0) await Promise.all(running.values());
    },
  };
}
