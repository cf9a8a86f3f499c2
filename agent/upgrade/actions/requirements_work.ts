// The input for the work on requirements, and the removal of what earlier upgrades kept.
import path from 'node:path';
import { toAppError } from '../../../shared/errors.js';
import type { RequirementsWork } from '../../tenant/requirements/port.js';
import { versionsOf } from '../plan/check_context.js';
import { previousEnvironment } from '../memo.js';
import type { StepContext } from '../step.js';

/** The same input for all steps: the first call remembers the previous state. */
export async function describeRequirementsWork(context: StepContext): Promise<RequirementsWork> {
  const { features, plan, memo, config, id } = context;
  const { requirements, tree, places } = features;
  return {
    upgradeId: id,
    plan: plan.requirements,
    tree,
    targetCommit: versionsOf(plan).target.commit,
    exportDir: path.join(places.exports, 'requirements'),
    previous: await memo.once(previousEnvironment, async () => (await requirements?.readPrevious(context)) ?? null),
    timeLimitMs: config.time_limits.requirements,
  };
}

/**
 * Call it once the tenant is healthy: removes what earlier upgrades kept for their undo. A failure is only a warning;
 * the next upgrade tries again. May be called again.
 */
export async function discardOldRequirements(context: StepContext): Promise<void> {
  const { requirements } = context.features;
  if (requirements === null) return;
  try {
    await requirements.discard(context, await describeRequirementsWork(context));
  } catch (error) {
    context.signal.throwIfAborted();
    context.warn(`old environments could not be removed: ${toAppError(error).message}`);
  }
}
