// A fleet plan for people: its classes, what is blocked, what could not be planned, and the command that starts a rollout.
import { alignColumns, indent, showHash, showSafely } from '../../../../shared/terminal/screen/format.js';
import type { Screen } from '../../../../shared/terminal/screen/screen.js';
import type { Style } from '../../../../shared/terminal/screen/style.js';
import type { FleetPlan } from '../../../../shared/wire/rollouts_api.js';
import { comparePlans, describeFrom, describePlan } from './compare_plans.js';
import { renderBlocked, renderFailed } from './render_unplanned.js';
import { showNames, type PlanClass } from './rollout_words.js';

/** A class with at most so many tenants is shown with their names. */
const named = 3;
/** More classes than these are approved by `all`. */
const mostNamed = 6;

/** Several lines, without the end of the last one. */
export function renderFleetPlan(plan: FleetPlan, { style, width }: Pick<Screen, 'style' | 'width'>): string {
  const free = plan.classes.filter(({ is_blocked: isBlocked }) => !isBlocked);
  const shorten = createShorten(plan.classes.map(({ plan_class: own }) => own));
  const [first] = free;
  const rows = free.map((one) => [
    style.bold(one.letter),
    style.cyan(shorten(one.plan_class)),
    countTenants(one.tenants),
    describeFrom(one.plan),
    first === undefined || one === first ? describePlan(one.plan) : comparePlans(one.plan, first),
    one.tenants <= named ? showNames(one.examples, one.tenants) : '',
  ]);
  return [
    renderHead(plan, style),
    ...alignColumns(rows, width === null ? null : width - 2).map((line) => indent(line, '  ')),
    ...renderBlocked(plan.classes, { style, width }),
    ...renderFailed(plan.failed, { style, width }),
    ...renderDisagreeing(plan, style),
    ...renderEnd(plan, { free, shorten, style }),
  ].join('\n');
}

const countTenants = (number: number) => `${number} ${number === 1 ? 'tenant' : 'tenants'}`;

function renderHead({ version, pin, where, tenants, hosts, state }: FleetPlan, style: Style): string {
  const tag = showSafely(pin?.version ?? version ?? 'the highest tag');
  const commit = pin === null ? '' : ` (${showHash(pin.commit)})`;
  const which = where === null ? 'all tenants' : showSafely(where);
  const size = `${countTenants(tenants)} on ${hosts} ${hosts === 1 ? 'host' : 'hosts'}`;
  const cancelled = state === 'cancelled' ? `  ${style.yellow('cancelled')}` : '';
  return `${style.bold(tag)}${commit} for ${which}: ${size}${cancelled}`;
}

function renderDisagreeing({ pin, disagreeing }: FleetPlan, style: Style): string[] {
  if (pin === null) return [];
  return disagreeing.map(({ commit, tenants }) => {
    const where = `for ${countTenants(tenants)} ${showSafely(pin.version)} is at ${showHash(commit)}`;
    return `  ${style.red(`${where}: find out which commit is right, and name it with --commit`)}`;
  });
}

function renderEnd(
  plan: FleetPlan,
  { free, shorten, style }: { free: readonly PlanClass[]; shorten: (hash: string) => string; style: Style },
): string[] {
  const { id, state, planned, tenants, pin, disagreeing } = plan;
  if (state === 'running') {
    return [`Still being made: ${planned} of ${tenants} planned.   drover rollout plan --show ${id}`];
  }
  const doing = free.filter(({ plan: own }) => own.kind !== 'none');
  if (pin === null || free.length === 0) return [style.bold('Nothing was touched, and nothing can be started.')];
  if (doing.length === 0) return [style.bold('Nothing was touched, and there is nothing to do.')];
  const approve = doing.length > mostNamed ? 'all' : doing.map(({ plan_class: own }) => shorten(own)).join(',');
  const commit = disagreeing.length === 0 ? '' : ` --commit ${pin.commit}`;
  const command = `drover rollout start ${showSafely(pin.version)} --plan ${id} --approve ${approve}${commit}`;
  return [style.bold('Nothing was touched.'), `  ${command}`];
}

/** Cuts the hashes to as many digits as make each of them one of its kind: four, or more. */
function createShorten(hashes: readonly string[]): (hash: string) => string {
  let digits = 4;
  while (digits < 64 && new Set(hashes.map((hash) => hash.slice(0, digits))).size < hashes.length) digits += 1;
  return (hash) => hash.slice(0, digits);
}
