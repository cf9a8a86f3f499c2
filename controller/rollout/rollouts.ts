// The fleet upgrades as the API knows them.
import type { Page, PageQuery } from '../../shared/wire/api.js';
import type {
  ApproveBody,
  FleetPlan,
  FleetPlanBody,
  FleetPlanSummary,
  Retried,
  RetryBody,
  Rollout,
  RolloutBody,
  RolloutSummary,
  Target,
  TargetsQuery,
} from '../../shared/wire/rollouts_api.js';
import type { FleetAsker } from '../fleet/fleet.js';

export type RolloutsFor = (asker: FleetAsker) => Rollouts;

/**
 * Fleet plans and rollouts as one asker sees them: those that have a tenant which the asker sees, with these tenants only.
 * What changes a rollout throws AppError `unknown-rollout`, `forbidden` where the asker does not see all of its tenants, and
 * `has-ended`; then nothing is stored.
 */
export interface Rollouts {
  /** Begins a fleet plan. Throws AppError `invalid` for a selection that is wrong or selects nothing. */
  planFleet(body: FleetPlanBody): Promise<FleetPlan>;
  listPlans(query: PageQuery): Promise<Page<FleetPlanSummary>>;
  /** Throws AppError `unknown-fleet-plan`. */
  findPlan(id: string): Promise<FleetPlan>;
  /** Ends a fleet plan with what it has. Throws AppError `has-ended`. */
  cancelPlan(id: string): Promise<FleetPlan>;

  /**
   * Starts a rollout. A repeated request with the key resolves with the first one's. Throws AppError `invalid`, `overlap`,
   * `not-approved`, `moved-tag` where hosts disagree on the commit, `offline` where none could be asked, `key-reused`.
   */
  start(body: RolloutBody, key: string | undefined, signal: AbortSignal): Promise<Rollout>;
  /** The newest first. */
  list(query: PageQuery): Promise<Page<RolloutSummary>>;
  find(id: string): Promise<Rollout>;
  listTargets(id: string, query: TargetsQuery): Promise<Page<Target>>;
  /** The rollout now, and again after each change; ends with the rollout. Rejects when `signal` aborts. */
  follow(id: string, signal: AbortSignal): AsyncGenerator<Rollout>;

  pause(id: string): Promise<Rollout>;
  /** `failures` is a new budget. Throws AppError `unresolved` while as many as that have failed. */
  resume(id: string, body: { failures?: string | undefined }): Promise<Rollout>;
  abort(id: string): Promise<Rollout>;
  /** Those that are tried again, or would be. Throws AppError `nothing-to-do` where there are none. */
  retry(id: string, body: RetryBody): Promise<Retried>;
  waive(id: string, tenants: readonly string[]): Promise<Rollout>;
  approve(id: string, body: ApproveBody): Promise<Rollout>;
  /** Also of one that has ended. */
  rollback(id: string): Promise<Rollout>;
}
