// Step 8: install the requirements. Where `prepare` has built them ahead, the step only switches to them.
import { versionsOf } from '../plan/check_context.js';
import { describeRequirementsWork } from '../actions/requirements_work.js';
import type { StepBodies } from '../step.js';

export const installRequirements: StepBodies = {
  async check(context) {
    const { features, plan, collect, warn, needDisk } = context;
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
      for (const { code, text } of found.warnings) warn(code, text);
      for (const need of found.needs) needDisk(need);
    });
  },

  async prepare(context) {
    const { requirements, makeExports } = context.features;
    if (requirements === null) return;
    const work = await describeRequirementsWork(context);
    await context.afterFlush(makeExports);
    await requirements.prepare(context, work);
  },

  async run(context) {
    await context.features.requirements?.install(context, await describeRequirementsWork(context));
  },

  async undo(context) {
    await context.features.requirements?.undo(context, await describeRequirementsWork(context));
  },
};
