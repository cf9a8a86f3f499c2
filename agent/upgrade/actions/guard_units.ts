// The boot guard of the upgrade's tenant: raised before its services are stopped, lowered before they are started.
import { toAppError } from '../../../shared/errors.js';
import { isDiskError } from '../../command/os_errors.js';
import type { StepContext } from '../step.js';

/** What a rollback goes on without: the tenant is down meanwhile. */
function isUnguarded(error: unknown): boolean {
  return isDiskError(error) || toAppError(error).code === 'unguarded';
}

/**
 * Returns once nothing starts the tenant's units any more, not even after a power cut. Where the disk takes nothing,
 * or systemd does not answer, a rollback goes on without it. May be called again.
 */
export async function raiseGuard({ features: { guard }, progress, afterFlush, warn }: StepContext): Promise<void> {
  if (guard === null) return;
  try {
    await afterFlush(() => guard.raise());
  } catch (error) {
    if (progress.direction === 'forward' || !isUnguarded(error)) throw error;
    warn(`a boot in the middle of this rollback would start the units: ${toAppError(error).message}`);
  }
}

/** Lets the units start again, once the journal says that they may. May be called again. */
export async function lowerGuard({ features: { guard }, progress, afterFlush }: StepContext): Promise<void> {
  if (guard === null) return;
  try {
    await afterFlush(() => guard.lower());
  } catch (error) {
    if (progress.direction === 'forward' || !isDiskError(error)) throw error;
    await guard.lift();
  }
}
