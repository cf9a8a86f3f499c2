// Takes a tenant that was installed by hand under the record: its version, and that version's migrations as applied.
import { AppError } from '../../shared/errors.js';
import type { Plan, TenantRecord } from '../../shared/model/plan/plan.js';
import type { UpgradeRequest } from '../../shared/model/request.js';
import { readRecord, writeRecord } from '../store/tenant_record.js';
import type { SchedulerContext } from './context.js';
import { makeFirstRecord } from './first_record.js';

/**
 * Resolves once the tenant has a record on the disk; one that has it already keeps it. `from` names its version, null
 * detects it. Nothing of the tenant is changed. Throws AppError where it is unknown or busy, its version is unclear, or
 * its record names another version than `from`.
 */
export type Adopt = (slug: string, from: string | null) => Promise<void>;

/** `plan` is that of the scheduler. */
export function createAdopt(
  { actives, host, findTenant }: SchedulerContext,
  plan: (slug: string, request: UpgradeRequest) => Promise<Plan>,
): Adopt {
  const { state, clock, exclusive } = host;
  return (slug, from) => {
    const file = state.recordFile(slug);
    const adopt = async () => {
      findTenant(slug);
      actives.requireIdle(slug);
      const known = await readRecord(file);
      if (known !== null) return requireSame(slug, known, from);
      const record = await makeFirstRecord({ plan }, slug, { from, now: clock.now() });
      actives.requireIdle(slug); // Checked again: an upgrade may have been accepted meanwhile.
      await writeRecord(file, record);
    };
    // A mark of its hooks makes the record, too.
    return exclusive(file, adopt);
  };
}

function requireSame(slug: string, { version }: TenantRecord, from: string | null): void {
  if (from === null || from === version) return;
  throw new AppError('moved-head', `${slug} is on record at ${version} already, not at ${from}`, {
    hint: `Where it was moved by hand, name its version with the next upgrade: \`drover-agent upgrade ${slug} --from ${from}\`.`,
  });
}
