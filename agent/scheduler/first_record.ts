// The record of a tenant that Drover has not upgraded yet: its version, and the migrations of that version as applied.
import { AppError } from '../../shared/errors.js';
import { upgradeRequestSchema, type UpgradeRequest } from '../../shared/model/request.js';
import type { Plan, TenantRecord } from '../../shared/model/plan.js';

const anyVersion: UpgradeRequest = upgradeRequestSchema.parse({});

/** Makes it from the plan of applying the present version again, which knows that version's migrations. */
export async function makeFirstRecord(
  upgrades: { plan(slug: string, request: UpgradeRequest): Promise<Plan> },
  slug: string,
  now: Date,
): Promise<TenantRecord> {
  const { previous, blockers } = await upgrades.plan(slug, anyVersion);
  if (previous === null) {
    throw new AppError('unknown-version', `the version of ${slug} is unknown: ${blockers[0]?.message ?? ''}`);
  }
  const again = await upgrades.plan(slug, { ...anyVersion, version: previous.version, force: true });
  return {
    version: previous.version,
    commit: previous.commit,
    previous_version: null,
    upgrade_id: null,
    recorded_at: now.toISOString(),
    applied_migrations: again.known_migrations,
    marks: [],
    modified_by_hooks: [],
  };
}
