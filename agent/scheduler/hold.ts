// Holds: an operator resumes a held upgrade, or accepts the tenant as it is. Until then the tenant's upgrades are
// refused.
import { AppError } from '../../shared/errors.js';
import type { EventBody, EventOf } from '../../shared/model/events.js';
import type { Failure } from '../../shared/model/result.js';
import { findLatest, type FoundUpgrade } from '../store/find_upgrades.js';
import { openJournal } from '../store/journal.js';
import type { SchedulerContext } from './context.js';

/**
 * Resumes the held upgrade, or accepts the tenant as it is; returns the upgrade's id. `onAccept` is called with the id
 * of an accepted one. Throws AppError `nothing-to-do` without a hold.
 */
export async function resumeHold(
  { host, actives, findTenant }: SchedulerContext,
  tenant: string,
  { accept, onAccept }: { accept: boolean; onAccept: (id: string) => void },
): Promise<string> {
  findTenant(tenant);
  actives.requireIdle(tenant);
  const { upgrade } = requireHold(tenant, await findLatest(host.state, tenant));
  actives.requireIdle(tenant); // Checked again: an upgrade may have been accepted meanwhile.
  if (!accept) {
    actives.reopen(upgrade, { type: 'resume', accept });
    return upgrade.id;
  }
  const journal = await openJournal(upgrade.folder, host.clock);
  for (const event of acceptHold(upgrade)) journal.append(event);
  await journal.sync();
  journal.close();
  onAccept(upgrade.id);
  return upgrade.id;
}

/** Writes the events that accept a hold; does not touch the tenant. Throws AppError `nothing-to-do`. */
function acceptHold(upgrade: FoundUpgrade): EventBody[] {
  const { n: _n, at: _at, ...finish } = requireHold(upgrade.begin.tenant, upgrade).finish;
  const failure = finish.failure === null ? null : withoutOperator(finish.failure);
  return [
    { type: 'resume', accept: true },
    { ...finish, hold: null, failure },
  ];
}

/** The operator has chosen one of the commands in the failure's hint. */
function withoutOperator({ hint: _decided, ...failure }: Failure): Failure {
  return { ...failure, needs_operator: false };
}

/** The upgrade, if it needs an operator. Throws AppError `nothing-to-do` otherwise. */
function requireHold(
  tenant: string,
  upgrade: FoundUpgrade | null,
): { upgrade: FoundUpgrade; finish: EventOf<'finish'> } {
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
