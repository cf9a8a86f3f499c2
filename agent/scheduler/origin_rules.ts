// What a request's origin may do: what the tenant's file allows, within the time limit of the request.
import type { Clock } from '../../shared/os/clock.js';
import { AppError } from '../../shared/errors.js';
import type { UpgradeRequest } from '../../shared/model/request.js';
import { remoteRights, type RemoteRight, type TenantConfig } from '../config/tenant_file/tenant_config.js';
import type { Origin } from '../store/origin.js';

/** The rights that a request needs. Undoing an upgrade that is held needs no `rollback`. */
type Wish = Partial<Record<RemoteRight, boolean>>;

/** The rights that an upgrade or its plan needs. */
export function wishOf({ allow_downgrade: downgrade, from }: UpgradeRequest): Wish {
  return { downgrade, from: from !== null };
}

/** Throws AppError `not-allowed-remotely`, with the key to set. */
export function requireAllowed({ by }: Pick<Origin, 'by'>, wish: Wish, tenant: TenantConfig): void {
  if (by === 'host') return;
  const wished = remoteRights.filter((right) => wish[right] === true);
  const [missing, ...others] = wished.filter((right) => !tenant.allow_remote.includes(right));
  if (missing === undefined) return;
  throw new AppError('not-allowed-remotely', `${tenant.slug} does not allow controllers: ${missing}`, {
    hint: `Set \`allow_remote: [${[...tenant.allow_remote, missing, ...others].join(', ')}]\` in its tenant file, or do it on the host with drover-agent.`,
  });
}

/** Returns a check that throws AppError `expired` once the request has waited too long since this call. */
export function watchExpiry({ startWithinMs }: Origin, clock: Pick<Clock, 'monotonicMs'>): (what: string) => void {
  const askedAtMs = clock.monotonicMs();
  return (what) => {
    const waitedMs = clock.monotonicMs() - askedAtMs;
    if (waitedMs < startWithinMs) return;
    throw new AppError(
      'expired',
      `${what} had to begin within ${startWithinMs / 1000} s, and had waited ${Math.round(waitedMs) / 1000} s`,
      { hint: 'Send the request again.' },
    );
  };
}
