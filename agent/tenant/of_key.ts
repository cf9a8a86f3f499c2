// Names the key of the tenant file whose value is at fault.
import { AppError } from '../../shared/errors.js';

/** Does what a key's value is needed for; an AppError that it throws names the key. */
export async function ofKey<T>(key: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const hint = error.hint === undefined ? {} : { hint: error.hint };
    throw new AppError(error.code, `${key}: ${error.message}`, { ...hint, cause: error });
  }
}
