// What the pipeline's checks work with: the request, the tenant as it is, and the plan that they add to.
import { AppError, toAppError } from '../../shared/errors.js';
import type { UpgradeRequest } from '../../shared/events.js';
import type { Plan, TenantRecord } from '../../shared/plan.js';
import type { TenantConfig } from '../config/tenant_config.js';
import type { WorkTree } from '../tenant/git/read_work_tree.js';
import type { Looking } from '../tenant/site.js';
import type { Features } from './features.js';

export interface Version {
  version: string;
  commit: string;
}

export interface CheckContext extends Looking {
  request: UpgradeRequest;
  config: TenantConfig;
  features: Features;
  record: TenantRecord | null;
  plan: Plan;
  /** The tenant's work tree as it is; looked at once for all checks. */
  workTree: () => Promise<WorkTree>;
  /** Runs one check and turns its error into a blocker, so that the plan shows all there are. */
  collect: (check: () => Promise<void>) => Promise<void>;
  /** Bytes that the upgrade will need on the file system of `folder`. */
  needDisk: (folder: string, bytes: number) => void;
}

/** A check that throws ends the plan there: nothing after it could be said. */
export function createCollector(plan: Plan): CheckContext['collect'] {
  return async (check) => {
    try {
      await check();
    } catch (error) {
      plan.blockers.push(blockerOf(error));
    }
  };
}

export function blockerOf(error: unknown): Plan['blockers'][number] {
  const { code, message, hint } = toAppError(error);
  return { code, message, hint: hint ?? null };
}

/** The versions of a plan that got as far as determine-version. */
export function versionsOf(plan: Plan): { previous: Version; target: Version } {
  const { previous, target } = plan;
  if (previous === null || target === null) throw new AppError('internal', 'the plan has no versions yet');
  return { previous, target };
}
