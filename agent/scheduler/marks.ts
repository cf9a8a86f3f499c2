// An operator's marks: a tag's hooks that are done or to be skipped, with the reason, in the tenant's record.
import { AppError } from '../../shared/errors.js';
import type { Phase, TenantRecord } from '../../shared/model/plan.js';
import { sharedLimits } from '../../shared/limits.js';
import { readRecord, writeRecord } from '../store/tenant_record.js';
import type { StateFolder } from '../store/state_folder.js';

export interface Mark {
  tag: string;
  /** Null for the hooks of all phases. */
  phase: Phase | null;
  /** `none` removes a mark. */
  as: 'done' | 'skipped' | 'none';
  reason: string;
}

export interface Marks {
  /** Throws AppError where the tenant is unknown, busy, or has no record yet. May be called again. */
  set(slug: string, mark: Mark): Promise<void>;
}

/** Marks in the records of this state folder. */
export function createMarks(options: {
  state: StateFolder;
  now: () => Date;
  /** Throws where the tenant is unknown or an upgrade of it is running. */
  requireIdle: (slug: string) => void;
  /** The record that a tenant without one would get; throws AppError where its version is unknown. */
  makeRecord: (slug: string) => Promise<TenantRecord>;
}): Marks {
  const { state, now, requireIdle, makeRecord } = options;
  return {
    async set(slug, { tag, phase, as, reason }) {
      requireIdle(slug);
      if (as !== 'none' && reason.trim() === '') {
        throw new AppError('usage', 'a mark needs a reason', { hint: '`--reason "run by hand on Tuesday"`' });
      }
      const file = state.recordFile(slug);
      const record = (await readRecord(file)) ?? (await makeRecord(slug));
      const others = record.marks.filter((mark) => mark.tag !== tag || mark.phase !== phase);
      if (as === 'none' && others.length === record.marks.length) {
        throw new AppError('nothing-to-do', `${slug} has no such mark for ${tag}`);
      }
      if (others.length >= sharedLimits.marks.max) {
        throw new AppError('too-large', `${slug} has ${others.length} marks; no more are taken`, {
          hint: '`drover-agent hooks mark --clear` removes one.',
        });
      }
      requireIdle(slug); // Checked again: an upgrade may have been accepted meanwhile.
      const added = as === 'none' ? [] : [{ tag, phase, as, reason, at: now().toISOString() }];
      await writeRecord(file, { ...record, marks: [...others, ...added] });
    },
  };
}
