// Plan classes that a person approves: by the letter of the fleet plan, by the first digits, or all of them.
import { z } from 'zod';
import { AppError } from '../../../shared/errors.js';
import type { FleetPlan } from '../../../shared/wire/rollouts_api.js';

const word = /^(?:all|[A-Za-z]{1,2}|[0-9a-f]{4,64})$/;

/** Several, with commas between. */
export const approveWords = (option: string) =>
  z
    .string()
    .transform((text) => text.split(','))
    .refine((words) => words.every((one) => word.test(one)), {
      error: `${option} wants letters of the fleet plan, or the first 4 digits of classes or more, with commas between: A,B or 2a91,77c0`,
    })
    .optional();

/** The classes, in the form that the API takes. Throws AppError `usage` for a letter that the fleet plan does not have. */
export function toClasses(words: readonly string[], { classes, id }: Pick<FleetPlan, 'classes' | 'id'>): string[] {
  const free = classes.filter(({ is_blocked: isBlocked }) => !isBlocked);
  if (words.includes('all')) {
    if (free.length > 0) return free.map(({ plan_class: own }) => own);
    throw new AppError('usage', `the fleet plan ${id} has no plan that can run`, {
      hint: `\`drover rollout plan --show ${id}\` says what blocks them.`,
    });
  }
  return words.map((given) => {
    if (/^[0-9a-f]{4,}$/.test(given)) return given;
    const found = classes.find(({ letter }) => letter === given.toUpperCase());
    if (found !== undefined) return found.plan_class;
    throw new AppError('usage', `the fleet plan ${id} has no class ${given}`, { hint: listClasses(free) });
  });
}

/** Throws AppError `usage` where none is named: what may run is said by a person. */
export function requireApproval(words: readonly string[] | undefined, plan: FleetPlan): readonly string[] {
  if (words !== undefined) return words;
  const free = plan.classes.filter(({ is_blocked: isBlocked }) => !isBlocked);
  throw new AppError('usage', `which plans of the fleet plan ${plan.id} may run? None is approved`, {
    hint: `${listClasses(free)} \`--approve all\` approves them, \`--approve A\` some.`,
  });
}

function listClasses(free: FleetPlan['classes']): string {
  if (free.length === 0) return 'All of its plans are blocked.';
  const named = free.slice(0, 10).map(({ letter, plan_class: own }) => `${letter} (${own.slice(0, 8)})`);
  return `There is ${named.join(', ')}${free.length > 10 ? ', …' : ''}.`;
}
