// The record of a tenant that Drover has not upgraded yet: its version, and the migrations of that version as applied.
import { AppError } from '../../shared/errors.js';
import { upgradeRequestSchema, type UpgradeRequest } from '../../shared/model/request.js';
import type { Plan, TenantRecord } from '../../shared/model/plan/plan.js';

const anyVersion: UpgradeRequest = upgradeRequestSchema.parse({});

export interface FirstRecordWish {
  /** The version that the tenant counts as; null to detect it. */
  from: string | null;
  now: Date;
}

/**
 * Makes it from the plan of applying the present version again, which knows that version's migrations. Throws the AppError
 * of the first thing that leaves the version or its migrations unknown.
 */
export async function makeFirstRecord(
  upgrades: { plan(slug: string, request: UpgradeRequest): Promise<Plan> },
  slug: string,
  { from, now }: FirstRecordWish,
): Promise<TenantRecord> {
  const version = from ?? (await detectVersion(upgrades, slug));
  const { record, blockers } = await upgrades.plan(slug, { ...anyVersion, version, from, force: true });
  if (record === null) throw unclear(slug, blockers);
  return { ...record, recorded_at: now.toISOString() };
}

async function detectVersion(upgrades: Parameters<typeof makeFirstRecord>[0], slug: string): Promise<string> {
  const { previous, blockers } = await upgrades.plan(slug, anyVersion);
  if (previous === null) throw unclear(slug, blockers);
  return previous.version;
}

function unclear(slug: string, [first]: Plan['blockers']): AppError {
  return new AppError(first?.code ?? 'unknown-version', `the version of ${slug} is unclear: ${first?.message ?? ''}`, {
    hint: first?.hint ?? 'Name the version that it counts as: `--from TAG`.',
  });
}
