// No hook and no migration ran twice in an upgrade, but a hook once more for each time that it was lost.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Event } from '../../../shared/model/journal/events.js';
import type { Invariant } from '../quiet_point.js';

export const onceEach: Invariant = async ({ tenants }) =>
  tenants.flatMap(({ tenant, journals }) => {
    const runs = ['chaos-hooks.log', 'chaos-migrations.log'].flatMap((name) =>
      readLines(path.join(tenant.dataDir, name)),
    );
    return [...countEach(runs)].flatMap(([run, times]) => {
      const [id = '', tag, phase] = run.split(' ');
      const events = journals.get(id);
      if (events === undefined) return [`${tenant.slug} ran ${run}, of which the host has no journal`];
      const allowed = 1 + (phase === undefined ? 0 : countLosses(events, { tag, phase }));
      return times <= allowed ? [] : [`${tenant.slug} ran ${run} ${times} times, and ${allowed} was allowed`];
    });
  });

/** How often this hook was lost, as the journal says. */
function countLosses(events: readonly Event[], { tag, phase }: { tag: string | undefined; phase: string }): number {
  const keys = events.flatMap((event) =>
    event.type === 'command' && event.hook?.tag === tag && event.hook?.phase === phase ? [event.key] : [],
  );
  return events.filter((event) => event.type === 'exit' && event.cause === 'lost' && keys.includes(event.key)).length;
}

function readLines(file: string): string[] {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
}

function countEach(lines: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1);
  return counts;
}
