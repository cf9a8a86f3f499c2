// Puts the old code back: the undo of the checkout, and of pre-pull hooks where there was no checkout.
import { AppError } from '../../../shared/errors.js';
import { putBack } from '../../tenant/git/work_tree/put_back.js';
import { versionsOf } from '../plan/check_context.js';
import { modificationsPatch } from '../memo.js';
import type { StepContext } from '../step.js';

/** Checks the old commit out, on the branch and with the local modifications that it had. May be called again. */
export async function putCodeBack(context: StepContext): Promise<void> {
  const { branch } = context.plan;
  const { previous } = versionsOf(context.plan);
  const patch = context.memo.get(modificationsPatch);
  if (patch === undefined) throw new AppError('internal', 'the journal has no patch of the local modifications');
  const timeLimitMs = context.config.time_limits.checkout;
  await putBack(context, { commit: previous.commit, branch, patch, timeLimitMs });
  context.say(`Checked out ${previous.version} again`);
}
