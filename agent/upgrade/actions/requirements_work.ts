// What an upgrade knows for its work on the requirements, and the removal of what earlier upgrades kept.
import path from 'node:path';
import { toAppError } from '../../../shared/errors.js';
import type { RequirementsWork } from '../../tenant/requirements/port.js';
import { versionsOf } from '../check_context.js';
import { previousEnvironment } from '../memo.js';
import type { StepContext } from '../step.js';

/** The same for all its steps: what was there before is remembered the first time. */
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
 * Once the tenant is healthy: removes what earlier upgrades kept for their undo. What cannot be removed is a warning and
 * no failure; the next upgrade finds it again. May be called again.
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
