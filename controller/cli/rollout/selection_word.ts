// `--where` of a command that changes something: a wrong selection is refused before anything is asked for.
import { AppError, toAppError } from '../../../shared/errors.js';
import { parseSelection } from '../../../shared/selection/parse_selection.js';

/** The selection as it was written, or null. Throws AppError `invalid`, naming the option and the column. */
export function checkWhere(where: string | undefined): string | null {
  if (where === undefined) return null;
  try {
    parseSelection(where);
  } catch (error) {
    const { code, message, hint, details } = toAppError(error);
    throw new AppError(code, `--where: ${message}`, { details, ...(hint === undefined ? {} : { hint }), cause: error });
  }
  return where;
}
