// The fleet's port for the API: orders for tenants, and views of tenants, hosts and upgrades.
import type {
  CancelBody,
  HostView,
  LabelsBody,
  MarkBody,
  Page,
  PageQuery,
  PlanBody,
  ResumeBody,
  RollbackBody,
  Tenant,
  TenantsQuery,
  TenantVersion,
  Upgrade,
  UpgradeBody,
  UpgradesQuery,
  UpgradeSummary,
} from '../../shared/wire/api.js';
import type { HookRun } from '../../shared/model/hook_runs.js';
import type { Plan } from '../../shared/model/plan/plan.js';
import type { Selection } from '../../shared/selection/selection.js';
import type { Actor } from '../store/access.js';
import type { StoredItem } from '../store/stored.js';

export type { StoredItem };

/** Who asks, and what they may see: every tenant where `scope` is null. */
export interface FleetAsker {
  scope: Selection | null;
  actor: Actor;
}

/** The fleet as this asker sees it: what they may not see is not there. */
export type FleetFor = (asker: FleetAsker) => Fleet;

export interface Fleet {
  /** In order of slug; `cursor` is `next` of the page before. Throws AppError `invalid` for a wrong selection. */
  listTenants(query: TenantsQuery): Promise<Page<Tenant>>;
  /** Throws AppError `unknown-tenant`. */
  findTenant(slug: string): Promise<Tenant>;
  listHosts(query: PageQuery): Promise<Page<HostView>>;
  /** Throws AppError `unknown-host`. */
  findHost(host: string): Promise<HostView>;

  /** The versions that a tenant had, the latest first. Throws AppError `unknown-tenant`. */
  listVersions(slug: string, query: PageQuery): Promise<Page<TenantVersion>>;
  /** Gives the tenant to another host. Errors as of `SlugStore.move`. */
  moveTenant(slug: string, host: string): Promise<Tenant>;
  /** Sets and removes labels that admins set. Errors as of `SlugStore.label`. */
  labelTenant(slug: string, labels: LabelsBody): Promise<Tenant>;
  /** Forgets a tenant that no host reports. Errors as of `SlugStore.forget`. */
  forgetTenant(slug: string): Promise<void>;

  /** Asks the tenant's agent for a plan. Throws AppError `unknown-tenant`, `offline`, or the agent's error. */
  plan(slug: string, body: PlanBody, signal: AbortSignal): Promise<Plan>;
  /**
   * Stores an order for the upgrade, and offers it to the tenant's host until the host answers. A request with a `key`
   * of an older one resolves with its upgrade. Throws AppError `key-reused` if that was another request.
   */
  upgrade(slug: string, body: UpgradeBody, key?: string): Promise<Upgrade>;
  /**
   * Rolls the tenant's latest upgrade back. Resolves with that upgrade once the agent has answered. Throws AppError
   * `offline`, or the agent's error; `key` as above.
   */
  rollback(slug: string, body: RollbackBody, key?: string): Promise<Upgrade>;
  /** Resumes the tenant's upgrade that needs an operator, or accepts the tenant as it is; otherwise as `rollback`. */
  resume(slug: string, body: ResumeBody, key?: string): Promise<Upgrade>;
  /** Marks a tag's hooks as done or skipped on the tenant's host. Resolves once that is on its disk; errors as above. */
  mark(slug: string, mark: MarkBody, key?: string): Promise<void>;
  /** Cancels an upgrade, whether it has begun or not. Throws AppError `unknown-upgrade`, or the agent's error. */
  cancel(id: string, body: CancelBody): Promise<Upgrade>;

  /**
   * The hooks that ran for a tenant, the latest first, from the streams that are stored. Throws AppError `unknown-tenant`.
   */
  listHookRuns(slug: string, query: PageQuery): Promise<Page<HookRun>>;
  /** The newest first. */
  listUpgrades(query: UpgradesQuery): Promise<Page<UpgradeSummary>>;
  /** Throws AppError `unknown-upgrade`. */
  findUpgrade(id: string): Promise<Upgrade>;
  /** Resolves with the upgrade when it has ended or needs an operator, or as it is when `signal` aborts. */
  waitForUpgrade(id: string, signal: AbortSignal): Promise<Upgrade>;
  /**
   * The stored items after number `after` (0: all of them), then each new item once it is stored. Ends when the upgrade
   * has ended. Rejects when `signal` aborts. Throws AppError `unknown-upgrade`.
   */
  followStream(id: string, after: number, signal: AbortSignal): AsyncGenerator<StoredItem>;
  /** The items after number `after` that are stored now. Throws AppError `unknown-upgrade`. */
  readStream(id: string, after: number): AsyncGenerator<StoredItem>;
}
