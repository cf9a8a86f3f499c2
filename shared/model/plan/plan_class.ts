// The class of a plan: plans of one class do the same, on whatever host. The recipe is shared by both ends and versioned.
import { createHash } from 'node:crypto';
import type { Plan } from './plan.js';
import { isLasting } from './warning_codes.js';

/** Part of what is hashed: a plan never has the same class under another recipe. */
export const planClassRecipe = 1;

/**
 * The class of a plan, 64 hexadecimal digits: the SHA-256 of what the upgrade would do. Nothing of host, path of the host,
 * time, size, cache or message text is in it.
 */
export function planClassOf(plan: Plan): string {
  const parts = [
    'drover plan class',
    planClassRecipe,
    plan.kind,
    plan.previous?.version ?? null,
    [plan.target?.version ?? null, plan.target?.commit ?? null],
    plan.hooks.map(({ tag, phase, file, sha256, mark }) => [tag, phase, file, sha256, mark?.as ?? null]),
    // A command of the app's own may run migrations that it does not list; its words can hold paths of the host.
    plan.migrations_by !== null,
    plan.migrations.map(({ file, sha256, tag }) => [file, sha256, tag]),
    plan.requirements.files ?? null,
    plan.discarded.toSorted(),
    [...new Set(plan.warning_codes.filter(isLasting))].toSorted(),
    [...new Set(plan.blockers.map(({ code }) => code))].toSorted(),
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
