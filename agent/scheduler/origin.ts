// Who asks for something, and what of it the tenant's own file allows them.
import type { Clock } from '../../shared/os/clock.js';
import { AppError } from '../../shared/errors.js';
import type { TenantConfig } from '../config/tenant_config.js';

/** An operator on the host may do everything; a controller what `allow_remote` says. */
export interface Origin {
  by: 'host' | 'controller';
  /** How long what is asked for may wait before it begins; after that nobody counts on it any more. */
  startWithinMs: number;
}

export const fromHost: Origin = { by: 'host', startWithinMs: Number.POSITIVE_INFINITY };

interface Wish {
  downgrade?: boolean;
  restoreDatabase?: boolean;
}

/** Throws AppError `not-allowed-remotely`, with the key to set. */
export function requireAllowed({ by }: Pick<Origin, 'by'>, wish: Wish, tenant: TenantConfig): void {
  if (by === 'host') return;
  const wished = [
    ...(wish.downgrade === true ? (['downgrade'] as const) : []),
    ...(wish.restoreDatabase === true ? (['restore-database'] as const) : []),
  ];
  const missing = wished.find((right) => !tenant.allow_remote.includes(right));
  if (missing === undefined) return;
  throw new AppError('not-allowed-remotely', `${tenant.slug} allows no controller: ${missing}`, {
    hint: `Set \`allow_remote: [${[...tenant.allow_remote, missing].join(', ')}]\` in its tenant file, or do it on the host with drover-agent.`,
  });
}

/** A check that throws AppError `expired` once what was asked for at the time of this call has waited too long. */
export function watchExpiry({ startWithinMs }: Origin, clock: Pick<Clock, 'monotonicMs'>): (what: string) => void {
  const askedAtMs = clock.monotonicMs();
  return (what) => {
    const waitedMs = clock.monotonicMs() - askedAtMs;
    if (waitedMs < startWithinMs) return;
    throw new AppError(
      'expired',
      `${what} had to begin within ${startWithinMs / 1000} s, and had waited ${Math.round(waitedMs) / 1000} s`,
      { hint: 'Ask again.' },
    );
  };
}
