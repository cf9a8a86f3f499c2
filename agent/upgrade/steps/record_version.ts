// Step 12: record the version, and the fingerprint of the database before users can write again.
import type { TenantRecord } from '../../../shared/model/plan/plan.js';
import { AppError } from '../../../shared/errors.js';
import { isDiskError } from '../../command/os_errors.js';
import { readWorkTree } from '../../tenant/git/work_tree/read_work_tree.js';
import { marksOf, putRecordBack, writeRecord } from '../../store/tenant_record.js';
import { versionsOf } from '../plan/check_context.js';
import { fingerprintBefore, modifiedByHooks, splitRemembered } from '../memo.js';
import type { StepBodies, StepContext } from '../step.js';

export const recordVersion: StepBodies = {
  async run(context) {
    const { memo, features, config, afterFlush } = context;
    const { database, places } = features;
    await memo.once(fingerprintBefore, async () =>
      database === null ? null : database.fingerprint(context, config.time_limits.backup),
    );
    const left = await memo.once(modifiedByHooks, () => findLeftModified(context));
    const record = makeRecord(context, left);
    await afterFlush(() => writeRecord(places.recordFile, record));
  },

  async undo({ plan, features, afterFlush }) {
    try {
      await afterFlush(() => putRecordBack(features.places.recordFile, plan.record));
    } catch (error) {
      // The record is on the journal's disk. The undo does not wait for that disk: the old record is written before the
      // upgrade's last event.
      if (!isDiskError(error)) throw error;
    }
  },
};

async function findLeftModified(context: StepContext): Promise<TenantRecord['modified_by_hooks']> {
  const { head, modified } = await readWorkTree(context);
  requireTarget(context, head);
  const { kept, left } = splitRemembered(modified.flatMap(({ path, blob }) => (blob === null ? [] : [{ path, blob }])));
  if (left > 0) {
    context.warn(`${left} more files were left modified than can be remembered: the next upgrade refuses them`);
  }
  return kept;
}

/** A hook or a migration that commits would leave a version that nobody tagged, and the next upgrade would refuse it. */
function requireTarget({ plan, site }: StepContext, head: string): void {
  const { target } = versionsOf(plan);
  if (head === target.commit) return;
  throw new AppError(
    'moved-head',
    `${site.appDir.shown} is at ${head.slice(0, 12)}, not at ${target.version} (${target.commit.slice(0, 12)}): a hook or migration has committed or checked something out`,
    { hint: 'Correct that hook: what it changes in tracked files may stay modified, but not be committed.' },
  );
}

function makeRecord({ plan, id, clock }: StepContext, left: TenantRecord['modified_by_hooks']): TenantRecord {
  const { previous, target } = versionsOf(plan);
  const applied = new Map((plan.record?.applied_migrations ?? []).map((entry) => [entry.file, entry]));
  if (plan.kind !== 'downgrade') {
    for (const entry of plan.known_migrations) if (!applied.has(entry.file)) applied.set(entry.file, entry);
  }
  return {
    version: target.version,
    commit: target.commit,
    previous_version: previous.version,
    upgrade_id: id,
    recorded_at: clock.now().toISOString(),
    applied_migrations: [...applied.values()],
    ...marksOf(plan.record),
    modified_by_hooks: left,
  };
}
