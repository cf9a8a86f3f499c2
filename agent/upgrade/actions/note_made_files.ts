// Notes in the tenant's ledger what the upgrade makes beside the tenant's data.
import { listMadeFiles } from '../made_files.js';
import type { StepContext } from '../step.js';

/** Call it once the paths are remembered, and before the files are made. May be called again. */
export async function noteMadeFiles({ id, memo, features, afterFlush }: StepContext): Promise<void> {
  const { ledger, database } = features;
  const made = listMadeFiles({ id, memo, database });
  await afterFlush(async () => {
    for (const files of made) await ledger.note(files);
  });
}
