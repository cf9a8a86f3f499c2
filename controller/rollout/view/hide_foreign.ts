// What an asker with a scope is not told of a rollout or a fleet plan, beyond the tenants that it does not see.
import type { Selection } from '../../../shared/selection/selection.js';

/** A selection of somebody else may name tenants, and what a canary misses counts hosts. */
export function hideForeign<View extends { where: string | null; created_by: string; canary_misses?: string[] }>(
  view: View,
  { scope, name }: { scope: Selection | null; name: string },
): View {
  if (scope === null || view.created_by === name) return view;
  return { ...view, where: null, ...(view.canary_misses === undefined ? {} : { canary_misses: [] }) };
}
