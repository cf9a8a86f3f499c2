// What of a fleet plan cannot run: plans with blockers, by code, and tenants that could not be planned.
import { alignColumns, indent } from '../../../../shared/terminal/screen/format.js';
import type { Style } from '../../../../shared/terminal/screen/style.js';
import type { FleetPlan } from '../../../../shared/wire/rollouts_api.js';
import { firstLine, showNames, type PlanClass } from './rollout_words.js';

interface Look {
  style: Style;
  width: number | null;
}

interface Group {
  code: string;
  message: string;
  tenants: number;
  examples: string[];
}

/** A line with the counts, then each code with an example of it. */
export function renderBlocked(classes: readonly PlanClass[], look: Look): string[] {
  const blocked = classes.filter(({ is_blocked: isBlocked }) => isBlocked);
  const groups = new Map<string, Group>();
  for (const { plan, tenants, examples } of blocked) {
    for (const { code, message } of new Map(plan.blockers.map((one) => [one.code, one])).values()) {
      const group = groups.get(code) ?? { code, message, tenants: 0, examples: [] };
      groups.set(code, group);
      group.tenants += tenants;
      group.examples.push(...examples);
    }
  }
  const tenants = blocked.reduce((sum, one) => sum + one.tenants, 0);
  return renderGroups('blocked', { tenants, groups: [...groups.values()] }, look);
}

/** The same of tenants without a plan. */
export function renderFailed(failed: FleetPlan['failed'], look: Look): string[] {
  const tenants = failed.reduce((sum, one) => sum + one.tenants, 0);
  return renderGroups('not planned', { tenants, groups: failed }, look);
}

function renderGroups(
  name: string,
  { tenants, groups }: { tenants: number; groups: readonly Group[] },
  { style, width }: Look,
): string[] {
  if (tenants === 0) return [];
  const sorted = groups.toSorted((one, other) => other.tenants - one.tenants);
  const codes = sorted.map((one) => `${one.tenants} ${one.code}`).join(', ');
  const rows = sorted.map((one) => [one.code, showNames(one.examples, one.tenants, 3), firstLine(one.message)]);
  return [
    `  ${style.yellow(name)}  ${tenants} ${tenants === 1 ? 'tenant' : 'tenants'}: ${codes}`,
    ...alignColumns(rows, width === null ? null : width - 4).map((line) => indent(line, '    ')),
  ];
}
