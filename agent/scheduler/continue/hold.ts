// Holds: an operator resumes a held upgrade, or accepts the tenant as it is, once per request. Until then the tenant's
// upgrades are refused.
import { AppError } from '../../../shared/errors.js';
import type { EventOf } from '../../../shared/model/journal/events.js';
import type { Failure } from '../../../shared/model/result.js';
import { findLatest, type FoundUpgrade } from '../../store/find_upgrades.js';
import { continueWith } from './continue_with.js';
import type { ActiveUpgrades } from '../active_upgrades.js';
import type { SchedulerContext } from '../context.js';
import { createContinueOnce, type AskedOnce } from './continue_once.js';
import { requireAllowed, watchExpiry } from '../origin_rules.js';

export interface AskedResume extends AskedOnce {
  /** Leaves the tenant as it is. */
  accept: boolean;
}

/**
 * Resumes the held upgrade, or accepts the tenant as it is; resolves with the upgrade's id once that is on the disk. The
 * same id gets the same answer. Throws AppError `nothing-to-do` without a hold.
 */
export type Resume = (tenant: string, asked: AskedResume) => Promise<string>;

/** Resumes of this host. `onAccept` is called with the id of an upgrade whose tenant was accepted as it is. */
export function createResume(context: SchedulerContext, onAccept: (id: string) => void): Resume {
  const continueOnce = createContinueOnce(context, 'resume');
  return (tenant, asked) => continueOnce(tenant, asked, prepareResume(context, { tenant, asked, onAccept }));
}

/** The origin's time limit counts from this call. */
function prepareResume(
  { host, actives, limits, findTenant }: SchedulerContext,
  { tenant, asked, onAccept }: { tenant: string; asked: AskedResume; onAccept: (id: string) => void },
): () => Promise<string> {
  const { id, accept, origin } = asked;
  const requireInTime = watchExpiry(origin, host.clock);
  return async () => {
    const config = findTenant(tenant);
    requireAllowed(origin, { resume: true }, config);
    actives.requireIdle(tenant);
    const latest = await limits.look(origin.by, 'rollback', () => findLatest(host.state, tenant));
    const held = requireHold(tenant, latest);
    actives.requireIdle(tenant); // Checked again: an upgrade may have been accepted meanwhile.
    requireInTime(`the resume ${id}`);
    if (accept) await acceptHold(actives, held, id);
    else await actives.reopen(held.upgrade, continueWith({ type: 'resume', id, accept }, held.upgrade, config));
    if (accept) onAccept(held.upgrade.id);
    return held.upgrade.id;
  };
}

/** Ends the hold in the journal; does not touch the tenant. */
async function acceptHold(actives: ActiveUpgrades, { upgrade, finish }: Held, id: string): Promise<void> {
  const { n: _n, at: _at, ...end } = finish;
  const failure = end.failure === null ? null : withoutOperator(end.failure);
  await actives.add(upgrade, [
    { type: 'resume', id, accept: true },
    { ...end, hold: null, failure },
  ]);
}

/** The operator has chosen one of the commands in the failure's hint. */
function withoutOperator({ hint: _decided, ...failure }: Failure): Failure {
  return { ...failure, needs_operator: false };
}

interface Held {
  upgrade: FoundUpgrade;
  finish: EventOf<'finish'>;
}

/** The upgrade, if it needs an operator. Throws AppError `nothing-to-do` otherwise. */
function requireHold(tenant: string, upgrade: FoundUpgrade | null): Held {
  const finish = upgrade?.progress.finish ?? null;
  if (upgrade !== null && finish !== null && finish.hold !== null) return { upgrade, finish };
  throw new AppError('nothing-to-do', `no upgrade of ${tenant} needs an operator`);
}

/** Throws AppError `unresolved` where the tenant's latest upgrade needs an operator. */
export function requireResolved(tenant: string, latest: FoundUpgrade | null): void {
  const finish = latest?.progress.finish ?? null;
  if (latest === null || finish === null || finish.hold === null) return;
  const { failure } = finish;
  throw new AppError('unresolved', `${tenant} needs an operator: ${failure?.message ?? finish.hold}`, {
    hint: failure?.hint ?? `\`drover-agent status ${tenant}\` shows why.`,
  });
}
