// Fleet plans, as the store keeps them.
import type { Page, PageQuery } from '../../shared/wire/api.js';
import type { ErrorBody } from '../../shared/model/error_body.js';
import type { Plan } from '../../shared/model/plan/plan.js';
import type { Selection } from '../../shared/selection/selection.js';
import type { Actor } from './access.js';

export interface StoredFleetPlan {
  id: string;
  version: string | null;
  where: string | null;
  state: 'running' | 'done' | 'cancelled';
  created_at: string;
  created_by: string;
  finished_at: string | null;
  pin: { version: string; commit: string } | null;
  disagreeing: { commit: string; tenants: number }[];
  hosts: number;
  tenants: number;
  planned: number;
}

export interface StoredPlanClass {
  plan_class: string;
  tenants: number;
  examples: string[];
  plan: Plan;
}

/** What a host said of some tenants of a fleet plan. */
export interface PlannedTenants {
  host: string;
  classes: readonly { plan_class: string; plan: Plan }[];
  tenants: readonly { tenant: string; plan_class: string | null; error: ErrorBody | null }[];
}

export interface FleetPlanStore {
  /**
   * Throws AppError `invalid` for a selection that matches nothing, `too-many` while too many are made; then nothing is
   * stored.
   */
  add(
    plan: {
      id: string;
      version: string | null;
      where: string | null;
      selection: Selection | null;
      scope: Selection | null;
      at: string;
    },
    actor: Actor,
  ): Promise<void>;
  find(id: string, scope: Selection | null): Promise<StoredFleetPlan | null>;
  list(query: PageQuery, scope: Selection | null): Promise<Page<StoredFleetPlan>>;
  listClasses(id: string, scope: Selection | null): Promise<StoredPlanClass[]>;
  /** Of these classes those whose plans cannot run, with the codes of what blocks them. */
  findBlocked(id: string, classes: readonly string[]): Promise<Map<string, string[]>>;
  listFailed(
    id: string,
    scope: Selection | null,
  ): Promise<{ code: string; message: string; tenants: number; examples: string[] }[]>;
  /** The tenants of a running plan that no host has answered yet, by host. */
  listUnplanned(id: string): Promise<Map<string, string[]>>;
  listRunning(): Promise<string[]>;
  /** Stores some of a host's answer. Tenants that are no part of the plan, or of another host, are left out. */
  note(id: string, planned: PlannedTenants): Promise<void>;
  /** Ends it. Tenants that nobody has planned count as failed with this error. */
  finish(
    id: string,
    end: { state: 'done' | 'cancelled'; at: string; unplanned: ErrorBody; actor: Actor | null },
  ): Promise<void>;
  /** Removes the oldest ended ones over `keep`, but none that a rollout names which is open. */
  prune(keep: number): Promise<void>;
}
