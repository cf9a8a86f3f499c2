// Which of the plans that nobody has approved cannot run: an approval alone does not help those.
import type { Rollout } from '../../../shared/wire/rollouts_api.js';
import type { FleetPlanStore } from '../../store/fleet_plans.js';

/** The rollout's `unapproved`, with what its fleet plan says of them. */
export async function readBlockers(
  { plan, unapproved }: Pick<Rollout, 'plan' | 'unapproved'>,
  fleetPlans: Pick<FleetPlanStore, 'findBlocked'>,
): Promise<Rollout['unapproved']> {
  if (plan === null || unapproved.length === 0) return unapproved;
  const classes = unapproved.map(({ plan_class: own }) => own);
  const blocked = await fleetPlans.findBlocked(plan, classes);
  return unapproved.map((one) => ({ ...one, blockers: blocked.get(one.plan_class) ?? [] }));
}
