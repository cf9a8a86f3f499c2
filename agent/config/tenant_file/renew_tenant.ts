// What an upgrade that continues after its end (a resume, an operator's rollback) takes anew from the tenant file: how
// services are started and checked, and how long things may take. All else stays as the upgrade began with it.
import { isDeepStrictEqual } from 'node:util';
import type { Event } from '../../../shared/model/journal/events.js';
import { freezeTenant, thawTenant, type FrozenTenant, type TenantConfig } from './tenant_config.js';

const renewedKeys = ['services', 'health', 'time_limits', 'grace', 'limits'];
/** They decide nothing while an upgrade runs. */
const idleKeys = ['slug', 'labels', 'allow_remote', 'log_dir', 'output_limit'];

export interface Renewal {
  /** The configuration of the upgrade from now on, for the journal. */
  config: FrozenTenant;
  /** Names the keys that differ: those taken anew, and those kept. */
  says: string;
}

/** The configuration that the upgrade of these events uses: that of its begin, or of its latest renewal. */
export function findConfig(events: readonly Event[]): unknown {
  const renewed = events.findLast(
    (event) => (event.type === 'resume' || event.type === 'rollback') && event.config !== undefined,
  );
  if (renewed?.type === 'resume' || renewed?.type === 'rollback') return renewed.config;
  const [begin] = events;
  return begin?.type === 'begin' ? begin.config : null;
}

/** Null where the tenant file says what the upgrade uses already. Throws AppError `config`. */
export function renewTenant(events: readonly Event[], now: TenantConfig): Renewal | null {
  const before = freezeTenant(thawTenant(findConfig(events)));
  const fresh = freezeTenant(now);
  const keys = [...new Set([...Object.keys(before.raw), ...Object.keys(fresh.raw)])].toSorted();
  const differing = keys.filter(
    (key) => !idleKeys.includes(key) && !isDeepStrictEqual(before.raw[key], fresh.raw[key]),
  );
  if (differing.length === 0) return null;
  const taken = differing.filter((key) => mayRenew(key, before.raw[key], fresh.raw[key]));
  const raw = Object.fromEntries(
    keys.flatMap((key) => {
      const value = (taken.includes(key) ? fresh : before).raw[key];
      return value === undefined ? [] : [[key, value]];
    }),
  );
  const kept = differing.filter((key) => !taken.includes(key));
  return {
    // Commands may name accounts that the file did not name before.
    config: { ...before, raw, accounts: { ...fresh.accounts, ...before.accounts } },
    says: [
      ...(taken.length === 0 ? [] : [`Taken anew from the tenant file: ${taken.join(', ')}`]),
      ...(kept.length === 0 ? [] : [`Changed in the tenant file, and kept as the upgrade began: ${kept.join(', ')}`]),
    ].join('. '),
  };
}

/** Services have names that the journal remembers: units stay the same ones, and commands stay commands. */
function mayRenew(key: string, before: unknown, fresh: unknown): boolean {
  if (key !== 'services') return renewedKeys.includes(key);
  return [before, fresh].every((services) => typeof services === 'object' && !Array.isArray(services));
}
