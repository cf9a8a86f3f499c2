// The context of the pipeline's checks: the request, the tenant's present state, and the plan that they add to.
import { AppError } from '../../../shared/errors.js';
import type { UpgradeRequest } from '../../../shared/model/request.js';
import type { Plan, TenantRecord } from '../../../shared/model/plan/plan.js';
import type { TenantConfig } from '../../config/tenant_file/tenant_config.js';
import type { WorkTree } from '../../tenant/git/work_tree/read_work_tree.js';
import type { ResolvedTag } from '../../tenant/git/tags.js';
import type { ServicesNow } from '../../tenant/services/port.js';
import type { ReadContext } from '../../tenant/site.js';
import type { Features } from '../features.js';
import type { DiskNeed } from '../../tenant/database/port.js';
import type { FetchTags } from './fetch_once.js';
import type { Findings } from './findings.js';

export interface Version {
  version: string;
  commit: string;
}

export interface CheckContext extends ReadContext, Findings {
  request: UpgradeRequest;
  config: TenantConfig;
  features: Features;
  record: TenantRecord | null;
  plan: Plan;
  /** The tenant's work tree as it is; read once for all checks. */
  workTree: () => Promise<WorkTree>;
  /** Fetches; shared with other plans where they are made for one request. */
  fetchTags: FetchTags;
  /** The repository's tags as they are after the fetch; read once for all checks. */
  tags: () => Promise<ReadonlyMap<string, ResolvedTag>>;
  /** What runs of the tenant's services now; null where it has none, or they do not say. Asked once for all checks. */
  servicesNow: () => Promise<ServicesNow | null>;
  needDisk: (need: DiskNeed) => void;
  /** The same for the agent's state folder, in bytes. */
  needState: (bytes: number) => void;
}

/** The versions of a plan; they exist once determine-version has passed. */
export function versionsOf(plan: Plan): { previous: Version; target: Version } {
  const { previous, target } = plan;
  if (previous === null || target === null) throw new AppError('internal', 'the plan has no versions yet');
  return { previous, target };
}
