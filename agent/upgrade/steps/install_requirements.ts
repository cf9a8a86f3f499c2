// Step 8: install the requirements; where they can be built ahead, they were, and the step only switches to them.
import path from 'node:path';
import { toAppError } from '../../../shared/errors.js';
import { versionsOf } from '../check_context.js';
import { previousEnvironment } from '../memo.js';
import type { StepBodies, StepContext } from '../step.js';

export const installRequirements: StepBodies = {
  async check(context) {
    const { features, plan, collect, warn } = context;
    const { previous, target } = versionsOf(plan);
    await collect(async () => {
      const found = await features.requirements?.plan({
        tree: features.tree,
        previousCommit: previous.commit,
        targetCommit: target.commit,
        readContext: context,
      });
      if (found === undefined) return;
      plan.requirements = found.plan;
      warn(...found.warnings);
    });
  },

  async prepare(context) {
    const { requirements, makeExports } = context.features;
    if (requirements === null) return;
    const work = await describeWork(context);
    await context.afterFlush(makeExports);
    await requirements.prepare(context, work);
  },

  async run(context) {
    await context.features.requirements?.install(context, await describeWork(context));
  },

  async undo(context) {
    await context.features.requirements?.undo(context, await describeWork(context));
  },
};

/**
 * Once the tenant is healthy: removes what earlier upgrades kept for their undo. It is no reason to fail; what is left is
 * found the next time.
 */
export async function discardOldRequirements(context: StepContext): Promise<void> {
  const { requirements } = context.features;
  if (requirements === null) return;
  try {
    await requirements.discard(context, await describeWork(context));
  } catch (error) {
    context.signal.throwIfAborted();
    context.warn(`old environments could not be removed: ${toAppError(error).message}`);
  }
}

async function describeWork(context: StepContext) {
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
