// Fleet plans as the API shows them.
import type { FleetPlan, FleetPlanSummary } from '../../../shared/wire/rollouts_api.js';
import type { FleetPlanStore, StoredFleetPlan, StoredPlanClass } from '../../store/fleet_plans.js';
import type { Selection } from '../../../shared/selection/selection.js';

/** Without classes, for lists. */
export function summarizePlan({ disagreeing: _disagreeing, ...plan }: StoredFleetPlan): FleetPlanSummary {
  return plan;
}

/** With its classes, the largest first, as this scope sees them. */
export async function viewPlan(
  store: FleetPlanStore,
  plan: StoredFleetPlan,
  scope: Selection | null,
): Promise<FleetPlan> {
  const [classes, failed] = await Promise.all([store.listClasses(plan.id, scope), store.listFailed(plan.id, scope)]);
  return {
    ...plan,
    failed,
    classes: classes.map((one, index) => ({ ...one, letter: letterOf(index), is_blocked: isBlocked(one) })),
  };
}

/** True where what the class stands for cannot run. */
export const isBlocked = ({ plan }: Pick<StoredPlanClass, 'plan'>) => plan.blockers.length > 0;

/** A, B, …, Z, AA, AB, … */
export function letterOf(index: number): string {
  const last = String.fromCharCode(65 + (index % 26));
  return index < 26 ? last : letterOf(Math.floor(index / 26) - 1) + last;
}
