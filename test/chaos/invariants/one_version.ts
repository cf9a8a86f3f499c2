// A tenant is healthy, and on one version: what serves is what HEAD and the record say, with that version's tables.
import { firstVersion } from '../releases.js';
import type { Invariant } from '../quiet_point.js';

export const oneVersion: Invariant = async ({ world, tenants }) => {
  const wrong: string[] = [];
  for (const { tenant, view } of tenants) {
    const { serves, head, record, changes, database } = view;
    const recorded = record?.version ?? firstVersion;
    if (serves !== head || serves !== recorded) {
      wrong.push(`${tenant.slug} serves ${serves}, HEAD is ${head}, the record says ${recorded}`);
    }
    if (changes.length > 0) wrong.push(`${tenant.slug} has modified files: ${changes.join(', ')}`);
    const tables = database.migrated.flatMap((sql) => /\bm_\d+\b/.exec(sql)?.[0] ?? []).toSorted();
    const expected = (await world.releases.tablesOf(recorded)).toSorted();
    if (tables.join() !== expected.join()) {
      wrong.push(`${tenant.slug} on ${recorded} has the tables ${tables.join()} and not ${expected.join()}`);
    }
  }
  return wrong;
};
