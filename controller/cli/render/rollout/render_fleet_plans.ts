// A list of fleet plans for people, a line each.
import { showTime } from '../../../../shared/os/clock.js';
import { alignColumns, showSafely } from '../../../../shared/terminal/screen/format.js';
import type { Screen } from '../../../../shared/terminal/screen/screen.js';
import type { FleetPlanSummary } from '../../../../shared/wire/rollouts_api.js';

/** Several lines, without the end of the last one. */
export function renderFleetPlans(
  plans: readonly FleetPlanSummary[],
  { style, width }: Pick<Screen, 'style' | 'width'>,
): string {
  if (plans.length === 0) {
    return 'There is no fleet plan yet. `drover rollout plan VERSION --where SELECTION` makes one.';
  }
  const rows = plans.map(
    ({ id, pin, version, state, planned, tenants, hosts, created_at: at, created_by: by, where }) => [
      style.bold(id),
      showSafely(pin?.version ?? version ?? 'latest'),
      state,
      `${planned}/${tenants}`,
      String(hosts),
      showTime(at),
      showSafely(by),
      showSafely(where ?? 'all tenants'),
    ],
  );
  return alignColumns([['ID', 'VERSION', 'STATE', 'PLANNED', 'HOSTS', 'MADE', 'BY', 'WHERE'], ...rows], width).join(
    '\n',
  );
}
