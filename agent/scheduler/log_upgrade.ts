// The lines of the agent's log that say when an upgrade runs on this host, and how it ended. All else is in its own log.
import type { Log } from '../../shared/os/log.js';
import type { FoundUpgrade } from '../store/find_upgrades.js';
import type { Journal } from '../store/journal.js';

/** Nothing for one that is over already: it was refused, or had nothing to do. */
export function logBegin(log: Log, { events }: Pick<Journal, 'events'>): void {
  const [begin] = events;
  if (begin?.type !== 'begin' || events.at(-1)?.type === 'finish') return;
  const { id, tenant, current_version: from, plan, request } = begin;
  const to = plan?.target?.version ?? request.version;
  log.info({ tenant, from, to, upgrade: id }, describeBegin(events));
}

function describeBegin(events: Journal['events']): string {
  if (events.at(-1)?.type === 'rollback') return 'an upgrade is rolled back';
  return events.some(({ type }) => type === 'step-begin') ? 'an upgrade goes on' : 'an upgrade begins';
}

/** Nothing for one that has not ended, because the agent ends. */
export function logEnd(log: Log, { id, begin: { tenant }, progress: { finish } }: FoundUpgrade): void {
  if (finish === null) return;
  const { status, current_version: version, hold, failure } = finish;
  const fields = { tenant, status, version, ...(failure === null ? {} : { why: failure.message }), upgrade: id };
  if (hold !== null) log.error(fields, 'an upgrade needs an operator');
  else if (failure === null) log.info(fields, 'an upgrade has ended');
  else log.warn(fields, status === 'refused' ? 'an upgrade was refused' : 'an upgrade has ended');
}
