// Finds tenants that share a folder, a database or a unit, in whatever way: an upgrade of one would change the other.
import type { ConfigProblem, KeyPath } from '../../../shared/config/config_source.js';
import { showWords, type TenantPath } from '../../command/tenant_path.js';

/** What a key of a tenant file names on this host. */
export interface OccupiedPlace {
  key: KeyPath;
  /** `file:line` of the key. */
  where: string;
  /** As written. */
  named: string | TenantPath;
  /** What it is, and then the folders that it lies in. Equal texts mean one and the same. */
  ids: readonly string[];
  /** Whether it is where it is by a link that the tenant could have made. */
  isLed: boolean;
}

/** Of one tenant. */
export interface Occupied {
  slug: string;
  file: string;
  places: readonly OccupiedPlace[];
}

interface Holder {
  slug: string;
  file: string;
  place: OccupiedPlace;
}

/**
 * The problems of each tenant that shares something with another one, by slug. Both are refused, for nobody knows which
 * of them is meant. A tenant that got there by a link of its own is refused alone: none can hold up another.
 */
export function findConflicts(tenants: readonly Occupied[]): Map<string, ConfigProblem[]> {
  const holders = new Map<string, Holder[]>();
  for (const { slug, file, places } of tenants) {
    for (const place of places) {
      const [id] = place.ids;
      if (id !== undefined) holders.set(id, [...(holders.get(id) ?? []), { slug, file, place }]);
    }
  }
  const found: Found = new Map();
  for (const { slug, file, places } of tenants) {
    for (const place of places) {
      for (const [depth, id] of place.ids.entries()) {
        for (const outer of holders.get(id) ?? []) {
          if (outer.slug === slug) continue;
          const self = { slug, file, place };
          const isOwnFault = place.isLed || !outer.place.isLed;
          const isOthersFault = depth > 0 && (outer.place.isLed || !place.isLed);
          if (isOwnFault) refuse(found, [self, outer], describeInner(self, outer, depth));
          if (isOthersFault) refuse(found, [outer, self], describeOuter(outer, self));
        }
      }
    }
  }
  return new Map([...found].map(([slug, keys]) => [slug, [...keys.values()].map(tell)]));
}

/** By slug, and by key: the first problem, and all tenants that it is with. */
type Found = Map<string, Map<string, { problem: ConfigProblem; others: Set<string> }>>;

function refuse(found: Found, [self, other]: readonly [Holder, Holder], what: string): void {
  const ofTenant: NonNullable<ReturnType<Found['get']>> = found.get(self.slug) ?? new Map();
  found.set(self.slug, ofTenant);
  const key = keyText(self.place.key);
  const known = ofTenant.get(key);
  if (known !== undefined) known.others.add(other.slug);
  else ofTenant.set(key, { problem: { path: self.place.key, what }, others: new Set([other.slug]) });
}

function nameOf({ slug, file, place: { key, named, where } }: Holder): string {
  const from = where.startsWith(`${file}:`) ? where : `${file}, from ${where}`;
  return `${keyText(key)} of ${slug} (${showWords([named])}, ${from})`;
}

const keyText = (key: KeyPath) => key.map(String).join('.');

function describeInner({ place }: Holder, outer: Holder, depth: number): string {
  return `${showWords([place.named])} ${depth === 0 ? 'is the same as' : 'lies in'} ${nameOf(outer)}`;
}

function describeOuter({ place }: Holder, inner: Holder): string {
  return `${showWords([place.named])} holds ${nameOf(inner)}`;
}

function tell({ problem, others }: { problem: ConfigProblem; others: ReadonlySet<string> }): ConfigProblem {
  const more = others.size - 1;
  return more === 0 ? problem : { ...problem, what: `${problem.what}, and so with ${more} more tenants` };
}
