// What admins do with tenants at the controller: move one to another host, label it, forget it.
import type { Clock } from '../../shared/os/clock.js';
import type { LabelsBody } from '../../shared/wire/api.js';
import type { SlugStore } from '../store/port.js';
import { unknownTenant } from '../store/unknown.js';
import type { Asking } from './place_orders.js';

/** Each throws AppError `unknown-tenant` also for a tenant that the asker does not see. */
export interface ChangeSlugs {
  move(slug: string, host: string): Promise<void>;
  label(slug: string, labels: LabelsBody): Promise<void>;
  forget(slug: string): Promise<void>;
}

/** Changes of one asker over this store. */
export function createChangeSlugs(
  { slugs, clock }: { slugs: SlugStore; clock: Pick<Clock, 'now'> },
  { actor, seen }: Asking,
): ChangeSlugs {
  async function requireSeen(slug: string) {
    if ((await seen.hosts.findHostOf(slug)) === null) throw unknownTenant(slug);
    return { at: clock.now().toISOString(), actor };
  }
  return {
    move: async (slug, host) => slugs.move(slug, host, await requireSeen(slug)),
    label: async (slug, labels) => slugs.label(slug, labels, await requireSeen(slug)),
    forget: async (slug) => slugs.forget(slug, await requireSeen(slug)),
  };
}
