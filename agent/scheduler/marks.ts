// An operator's marks: a tag's hooks that are done or to be skipped, with the reason, in the tenant's record.
import { AppError } from '../../shared/errors.js';
import { sharedLimits } from '../../shared/limits.js';
import type { Mark } from '../../shared/model/mark.js';
import type { Plan, TenantRecord } from '../../shared/model/plan/plan.js';
import type { UpgradeRequest } from '../../shared/model/request.js';
import type { Origin } from '../store/origin.js';
import { readRecord, writeRecord } from '../store/tenant_record.js';
import type { SchedulerContext } from './context.js';
import type { AskedOnce } from './continue/continue_once.js';
import { makeFirstRecord } from './first_record.js';
import { requireAllowed, watchExpiry } from './origin_rules.js';

export interface AskedMark extends AskedOnce {
  mark: Mark;
}

/**
 * Marks a tag's hooks; resolves once that is in the tenant's record on the disk. A request of the same id changes nothing.
 * Throws AppError where the tenant is unknown, busy, or has no record and an unknown version.
 */
export type SetMark = (tenant: string, asked: AskedMark) => Promise<void>;

/** `plan` makes the record of a tenant that has none yet. */
export function createSetMark(
  context: SchedulerContext,
  plan: (slug: string, request: UpgradeRequest, by: Origin['by']) => Promise<Plan>,
): SetMark {
  const { actives, keys, limits, findTenant } = context;
  const { state, clock, exclusive } = context.host;
  return async (slug, { id, mark, origin }) => {
    const requireInTime = watchExpiry(origin, clock);
    limits.count(origin.by, 'mark');
    const config = findTenant(slug);
    if (mark.as !== 'none' && mark.reason.trim() === '') {
      throw new AppError('usage', 'a mark needs a reason', { hint: '`--reason "run by hand on Tuesday"`' });
    }
    const file = state.recordFile(slug);
    const set = async () => {
      const found = await readRecord(file);
      if (found?.marked_by?.includes(id) === true) return;
      requireAllowed(origin, { 'mark-hooks': true }, config);
      actives.requireIdle(slug);
      requireInTime(`the mark ${id}`); // Those that waited too long make no plan.
      const planning = { plan: (of: string, request: UpgradeRequest) => plan(of, request, origin.by) };
      const record = found ?? (await makeFirstRecord(planning, slug, { from: null, now: clock.now() }));
      const marked = changeMarks(record, { slug, mark, at: clock.now().toISOString() });
      requireInTime(`the mark ${id}`);
      actives.requireIdle(slug); // Checked again: an upgrade may have been accepted meanwhile.
      if (origin.keyed !== undefined) await keys.note(origin.keyed, id);
      const before = (record.marked_by ?? []).slice(-(sharedLimits.markRequests.max - 1));
      await writeRecord(file, { ...marked, marked_by: [...before, id] });
    };
    // Two marks at once would each write what the other had not read.
    return limits.look(origin.by, 'mark', () => exclusive(file, set));
  };
}

/** The record with this mark in place of an earlier one of the same hooks. */
function changeMarks(record: TenantRecord, { slug, mark, at }: { slug: string; mark: Mark; at: string }): TenantRecord {
  const { tag, phase, as, reason } = mark;
  const others = record.marks.filter((other) => other.tag !== tag || other.phase !== phase);
  if (as === 'none' && others.length === record.marks.length) {
    throw new AppError('nothing-to-do', `${slug} has no such mark for ${tag}`);
  }
  if (others.length >= sharedLimits.marks.max) {
    throw new AppError('too-large', `${slug} has ${others.length} marks; no more are taken`, {
      hint: '`drover-agent hooks mark --clear` removes one.',
    });
  }
  return { ...record, marks: as === 'none' ? others : [...others, { tag, phase, as, reason, at }] };
}
