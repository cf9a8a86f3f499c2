// The database is sound, and holds every acknowledged note, but for those that a rollback with its database gave up.
import type { Event } from '../../../shared/model/journal/events.js';
import type { Invariant } from '../quiet_point.js';

export const wholeData: Invariant = async ({ tenants }) =>
  tenants.flatMap(({ tenant, view, acknowledged, journals }) => {
    const { integrity, notes } = view.database;
    const there = new Set(notes.map(({ text }) => text));
    const givenUp = [...journals.values()].flatMap(findGivenUp);
    const lost = acknowledged.filter(
      ({ text, atMs }) => !there.has(text) && !givenUp.some(({ fromMs, toMs }) => fromMs <= atMs && atMs <= toMs),
    );
    return [
      ...(integrity === 'ok' ? [] : [`the database of ${tenant.slug} is broken: ${integrity}`]),
      ...(lost.length === 0 ? [] : [`${tenant.slug} has lost notes: ${lost.map(({ text }) => text).join(', ')}`]),
    ];
  });

/** The time of which an operator gave up the notes: from the upgrade's beginning to the end of its rollback. */
function findGivenUp(events: readonly Event[]): { fromMs: number; toMs: number }[] {
  const [first] = events;
  const last = events.at(-1);
  const isGivenUp = events.some((event) => event.type === 'rollback' && event.restore_database);
  if (!isGivenUp || first === undefined || last === undefined) return [];
  return [{ fromMs: Date.parse(first.at), toMs: Date.parse(last.at) }];
}
