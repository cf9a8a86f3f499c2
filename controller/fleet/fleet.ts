// The fleet as everyone outside of the link sees it: what can be asked of tenants and hosts, and what is known of them.
import type {
  CancelBody,
  HostView,
  Page,
  PageQuery,
  PlanBody,
  RollbackBody,
  Tenant,
  Upgrade,
  UpgradeBody,
  UpgradesQuery,
  UpgradeSummary,
} from '../../shared/wire/api.js';
import type { Plan } from '../../shared/model/plan.js';
import type { StoredItem } from '../store/stored.js';

export type { StoredItem };

export interface Fleet {
  /** In order of slug; `cursor` is that of a page before. */
  listTenants(query: PageQuery): Promise<Page<Tenant>>;
  /** Throws AppError `unknown-tenant`. */
  findTenant(slug: string): Promise<Tenant>;
  listHosts(query: PageQuery): Promise<Page<HostView>>;
  /** Throws AppError `unknown-host`. */
  findHost(host: string): Promise<HostView>;

  /** The plan, made by the tenant's agent now. Throws AppError `unknown-tenant`, `offline`, or what the agent said. */
  plan(slug: string, body: PlanBody, signal: AbortSignal): Promise<Plan>;
  /**
   * Stores that the tenant owes this upgrade, and offers it to its host until that has answered. With a `key` that was
   * given before, the upgrade of then: throws AppError `key-reused` where it was given for something else.
   */
  upgrade(slug: string, body: UpgradeBody, key?: string): Promise<Upgrade>;
  /**
   * Has the tenant's latest upgrade turned back; the upgrade that this concerns, once the agent has answered. Throws
   * AppError `offline`, or what the agent said; a `key` as above.
   */
  rollback(slug: string, body: RollbackBody, key?: string): Promise<Upgrade>;
  /** Cancels an upgrade, or withdraws one that has not begun. Throws AppError `unknown-upgrade`, or what the agent said. */
  cancel(id: string, body: CancelBody): Promise<Upgrade>;

  /** The newest first. */
  listUpgrades(query: UpgradesQuery): Promise<Page<UpgradeSummary>>;
  /** Throws AppError `unknown-upgrade`. */
  findUpgrade(id: string): Promise<Upgrade>;
  /** Resolves with the upgrade once it has ended (or waits for an operator), or when `signal` aborts, with how it is then. */
  waitForUpgrade(id: string, signal: AbortSignal): Promise<Upgrade>;
  /**
   * What is stored of the upgrade's stream after `seq` (0: all of it), then what is stored later; nothing is told that is
   * not stored. Ends when the upgrade has. Rejects when `signal` aborts. Throws AppError `unknown-upgrade`.
   */
  followStream(id: string, after: number, signal: AbortSignal): AsyncGenerator<StoredItem>;
  /** The same, of what is stored now. */
  readStream(id: string, after: number): AsyncGenerator<StoredItem>;
}
