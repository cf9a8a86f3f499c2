// Whether a rollback restores the database.
import { backupPath } from '../memo.js';
import type { StepContext } from '../step.js';

/** False where nothing of this upgrade has changed the data, and where what users have written since is kept. */
export function restoresDatabase({ features, memo, hasRunTenantCode, progress }: StepContext): boolean {
  if (features.database === null || memo.get(backupPath) === undefined) return false;
  const isMeant = hasRunTenantCode || progress.rollback?.restoreDatabase === true;
  return isMeant && progress.verdict !== 'keep-data';
}
