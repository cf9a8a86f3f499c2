// Makes a plan fit to be stored and sent. One that is too large becomes a plan that is blocked and says so.
import { sharedLimits as limits } from '../../limits.js';
import { fit } from '../fit.js';
import { planSchema, type Plan } from './plan.js';
import { jsonBytes } from '../text.js';

const lists = ['hooks', 'migrations', 'crossed', 'known_migrations', 'discarded'] as const;
/** How many items of each list are tried to be kept in a plan that is too large. */
const kept = [100, 10, 0];

/**
 * The plan with its texts cleaned, masked and shortened. Where its lists are too long, or it is larger than a plan may be,
 * it is blocked, and has only the beginning of each list: what runs is never a part of a plan. Null for what is no plan.
 */
export function fitPlan(plan: unknown, secrets: readonly string[] = []): Plan | null {
  const clean = fit(planSchema, plan, secrets);
  const whole = planSchema.safeParse(clean);
  if (whole.success) return whole.data;
  if (typeof clean !== 'object' || clean === null) return null;
  const given = new Map<string, unknown>(Object.entries(clean));
  const blockers = given.get('blockers');
  const blocker = explain(given, whole.error.issues[0]);
  for (const most of kept) {
    const parts = lists.map((name) => [name, keepValid(name, given.get(name)).slice(0, most)]);
    const others = Array.isArray(blockers) ? blockers.slice(0, most) : [];
    const texts = { warnings: cut(given.get('warnings'), most), blockers: [blocker, ...others] };
    const shortened = { ...clean, ...Object.fromEntries(parts), record: null, ...texts };
    const parsed = planSchema.safeParse(fit(planSchema, shortened));
    if (parsed.success) return parsed.data;
  }
  return null;
}

function explain(given: ReadonlyMap<string, unknown>, issue: { path: PropertyKey[]; message: string } | undefined) {
  const counts = lists.flatMap((name) => {
    const list = given.get(name);
    return Array.isArray(list) && list.length > 0 ? [`${list.length} ${words[name]}`] : [];
  });
  const size = `${Math.ceil(jsonBytes([...given]) / 1024)} KiB`;
  const where = issue === undefined ? '' : ` (${[...issue.path.map(String), issue.message].join(' ')})`;
  return {
    code: 'too-large',
    message: `the plan is too large to be stored: it has ${counts.join(', ')} in ${size}${where}`,
    hint: `A plan may have ${limits.plan.max / 1024} KiB and ${limits.planned.max} items in a list: upgrade in several steps, or remove old hooks and migrations from the release.`,
  };
}

const words: Readonly<Record<(typeof lists)[number], string>> = {
  hooks: 'hooks',
  migrations: 'migrations to run',
  crossed: 'crossed tags',
  known_migrations: 'known migrations',
  discarded: 'modified files',
};

/** The items that are valid by themselves: a path may be too long. */
function keepValid(name: (typeof lists)[number], items: unknown): unknown[] {
  const { element } = planSchema.shape[name];
  return Array.isArray(items) ? items.filter((item) => element.safeParse(item).success) : [];
}

function cut(items: unknown, most: number): unknown[] {
  return Array.isArray(items) ? items.slice(0, most) : [];
}
