// The upgrades of this host: accepts commands, once each, keeps to one upgrade per tenant, and goes on with what was left.
import PQueue from 'p-queue';
import { AppError } from '../../shared/errors.js';
import type { EventBody, UpgradeRequest } from '../../shared/events.js';
import type { Log } from '../../shared/log.js';
import type { Plan } from '../../shared/plan.js';
import { createProbe } from '../command/probe.js';
import { siteOf, type TenantConfig } from '../config/tenant_config.js';
import { busyError, createActivity, type Activity } from './activity.js';
import { beginUpgrade, endQueued, planUpgrade } from './begin_upgrade.js';
import { carryOut } from './carry_out.js';
import type { Host } from './host.js';
import { openFeatures } from './features.js';
import { findLatest, findStanding, findUpgrade, isUpgradeId, type FoundUpgrade } from './find_upgrades.js';
import { openJournal, type Journal } from './journal.js';
import { acceptHold, checkCancel, checkRollback, requireHold } from './operator_commands.js';
import { removeQueued, writeQueued } from './queued_upgrades.js';
import { recoverUpgrades } from './recover.js';
import { isPruned } from './tidy.js';

export interface Upgrades {
  plan(slug: string, request: UpgradeRequest): Promise<Plan>;
  /** Accepts an upgrade, once per id, for good, and resolves when that is on the disk; a refusal is an upgrade too, with status `refused`. */
  upgrade(id: string, slug: string, request: UpgradeRequest): Promise<void>;
  /** Turns the tenant's latest successful upgrade (or its hold) back; resolves with that upgrade's id. */
  rollback(slug: string, options: { id: string; restoreDatabase: boolean }): Promise<string>;
  /** Goes on after a hold, or accepts the tenant as it is; resolves with the upgrade's id. */
  resume(slug: string, options: { accept: boolean }): Promise<string>;
  cancel(slug: string, options: { force: boolean }): Promise<string>;
  /** What is under way now. */
  list(): Activity[];
  /** Throws AppError `busy` while an upgrade of the tenant is under way. */
  requireIdle(slug: string): void;
  /** Goes on with every upgrade that an agent before this one left unfinished; their ids. */
  recover(): Promise<string[]>;
  /** Resolves when nothing is under way. */
  settled(): Promise<void>;
}

export interface UpgradesOptions {
  host: Host;
  log: Log;
  maxConcurrent: number;
  /** Throws AppError `unknown-tenant`, or `config` for a tenant whose file is broken. */
  findTenant: (slug: string) => TenantConfig;
  /** Called when an upgrade has ended, or waits for an operator. */
  onEnd: (upgrade: FoundUpgrade) => Promise<void>;
}

const retryPauseMs = 5000;

export function createUpgrades({ host, log, maxConcurrent, findTenant, onEnd }: UpgradesOptions): Upgrades {
  const { state, clock, leave, agentUser } = host;
  const active = new Map<string, Activity>();
  const running = new Map<Activity, Promise<void>>();
  const queue = new PQueue({ concurrency: maxConcurrent });
  const ofTenant = (slug: string) => [...active.values()].find(({ tenant }) => tenant === slug);

  /** Work in the background for one activity; what goes wrong there is logged, for there is nobody to tell. */
  function start(activity: Activity, work: () => Promise<void>): void {
    active.set(activity.id, activity);
    const tracked = work()
      .catch((error: unknown) => {
        if (!leave.aborted) log.error({ err: error, upgrade: activity.id }, 'an upgrade stopped outside of its steps');
      })
      .finally(() => {
        release(activity);
        running.delete(activity);
      });
    running.set(activity, tracked);
  }

  async function drive(activity: Activity, journal: Journal): Promise<void> {
    activity.state = 'running';
    activity.journal = journal;
    activity.markBegun();
    for (let isOver = false; !isOver; ) {
      try {
        await carryOut(host, journal);
        isOver = true;
      } catch (error) {
        leave.throwIfAborted();
        log.error({ err: error, upgrade: activity.id }, 'the upgrade cannot go on for now; it is tried again');
        await clock.wait(retryPauseMs, leave);
      }
    }
    await end(activity);
  }

  /** The tenant is free for the next upgrade as soon as this one has ended, whatever is tidied up after it. */
  function release(activity: Activity): void {
    activity.markBegun();
    activity.journal?.close();
    activity.journal = null;
    // While this one was tidied up after, a rollback may have taken it up again.
    if (active.get(activity.id) === activity) active.delete(activity.id);
  }

  async function end(activity: Activity): Promise<void> {
    release(activity);
    const upgrade = findUpgrade(state, activity.id);
    if (upgrade !== null) await onEnd(upgrade);
  }

  /** Lets an accepted upgrade wait for its turn; one that is to be refused for another's sake has none to wait for. */
  function enqueue(activity: Activity, request: UpgradeRequest): void {
    const other = ofTenant(activity.tenant);
    const work = () => begin(activity, request, other);
    activity.withdraw = async () => {
      const { id, tenant } = activity;
      activity.state = 'running';
      await activity.accepted;
      await endQueued({ host, id, tenant, request });
      await removeQueued(state, id);
      await end(activity);
    };
    start(activity, () => (other === undefined ? queue.add(work) : work()));
  }

  async function begin(activity: Activity, request: UpgradeRequest, other: Activity | undefined): Promise<void> {
    const { id, tenant } = activity;
    await activity.accepted;
    if (activity.state !== 'queued') return; // It was withdrawn while it waited.
    activity.state = 'running';
    const admit = async () => {
      const config = findTenant(tenant);
      if (other !== undefined) throw busyError(other);
      await requireResolved(tenant);
      return config;
    };
    const journal = await beginUpgrade({ host, id, tenant, request, admit });
    await removeQueued(state, id);
    if (journal !== null && activity.cancel !== null) journal.append({ type: 'cancel', ...activity.cancel });
    return journal === null ? end(activity) : drive(activity, journal);
  }

  async function requireResolved(tenant: string): Promise<void> {
    const latest = await findLatest(state, tenant);
    const finish = latest?.progress.finish ?? null;
    if (latest === null || finish === null || finish.hold === null) return;
    throw new AppError('unresolved', `${tenant} waits for an operator since its upgrade ${latest.id}`, {
      hint: finish.failure?.hint ?? `\`drover-agent status ${tenant}\` says what led there.`,
    });
  }

  /** Takes a finished upgrade up again, with one more record. */
  function reopen({ id, folder, begin: { tenant } }: FoundUpgrade, record: EventBody): string {
    const activity = createActivity({ id, tenant, state: 'running' });
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
    async plan(slug, request) {
      const config = findTenant(slug);
      requireIdle(slug);
      await requireResolved(slug);
      return planUpgrade(host, { config, request });
    },

    async upgrade(id, slug, request) {
      if (!isUpgradeId(id)) throw new AppError('usage', `${id} is not an upgrade id (a UUIDv7)`);
      const known = active.get(id);
      if (known !== undefined) return known.accepted;
      if (findUpgrade(state, id) !== null || isPruned(state, id)) return;
      const queued = { id, tenant: slug, request, accepted_at: clock.now().toISOString() };
      const activity = createActivity({ id, tenant: slug, state: 'queued' }, writeQueued(state, queued));
      enqueue(activity, request);
      await activity.accepted;
    },

    async rollback(slug, { id, restoreDatabase }) {
      const config = findTenant(slug);
      requireIdle(slug);
      const latest = await findStanding(state, slug);
      const features = await openFeatures(host, { config, id: latest?.id ?? 'none' });
      const looking = {
        site: siteOf(config),
        probe: createProbe({ agentUid: agentUser.uid, signal: leave }),
        signal: leave,
      };
      const upgrade = await checkRollback({ tenant: slug, latest, features, looking, restoreDatabase });
      requireIdle(slug); // Once more: an upgrade may have been accepted while this was looked into.
      return reopen(upgrade, { type: 'rollback', id, restore_database: restoreDatabase });
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
      return upgrade.id;
    },

    async cancel(slug, { force }) {
      const activity = ofTenant(slug);
      if (activity === undefined) throw new AppError('nothing-to-do', `no upgrade of ${slug} is under way`);
      const { journal, id } = activity;
      if (journal === null) {
        if (activity.state === 'queued') await activity.withdraw();
        else activity.cancel = { force };
        return id;
      }
      checkCancel(slug, journal, force);
      journal.append({ type: 'cancel', force });
      await journal.sync();
      return id;
    },

    list: () => [...active.values()],
    requireIdle,

    recover: () =>
      recoverUpgrades({
        state,
        log,
        goOn({ id, folder, begin: { tenant } }) {
          const activity = createActivity({ id, tenant, state: 'running' });
          // Whatever else runs: these tenants may be down. Each takes a place in the queue, for those that waited behind it.
          start(activity, async () => drive(activity, await openJournal(folder, clock)));
          void queue.add(async () => running.get(activity));
        },
        wait: ({ id, tenant, request }) => enqueue(createActivity({ id, tenant, state: 'queued' }), request),
      }),

    async settled() {
      while (running.size > 0) await Promise.all(running.values());
    },
  };
}
