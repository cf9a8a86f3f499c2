// Finds a plan class by its first digits.
import { AppError } from '../../../shared/errors.js';

/** The one class that begins like that; AppError `invalid` where none does, or several. */
export function findByPrefix(known: readonly string[], prefix: string): string | AppError {
  const [first, second] = known.filter((planClass) => planClass.startsWith(prefix));
  if (first === undefined) {
    const named = known.map((planClass) => planClass.slice(0, 8)).join(', ');
    return new AppError('invalid', `no plan class begins with ${prefix}`, {
      hint: known.length === 0 ? 'There are none.' : `There are ${named}.`,
    });
  }
  if (second === undefined) return first;
  return new AppError('invalid', `several plan classes begin with ${prefix}`, {
    hint: `${first.slice(0, 16)} and ${second.slice(0, 16)}: name more digits.`,
  });
}
