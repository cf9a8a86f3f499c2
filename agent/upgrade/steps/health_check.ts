// Step 14: the tenant must be healthy on the new version, several times in a row.
import { checkHealthCommand } from '../../tenant/health/check_health.js';
import { runningBefore } from '../memo.js';
import type { StepBodies } from '../step.js';
import { discardOldRequirements } from '../actions/requirements_work.js';
import { requireHealth } from '../actions/require_health.js';
import { startStoppedServices } from '../actions/start_stopped_services.js';

export const healthCheck: StepBodies = {
  async check(context) {
    await context.collect(() => checkHealthCommand(context.config.health, context));
  },

  async run(context) {
    // The services that step 13 started ended when the host went down.
    const running = context.memo.get(runningBefore) ?? [];
    if (context.hasRebooted && running.length > 0) await startStoppedServices(context, running);
    await requireHealth(context);
    await discardOldRequirements(context);
  },
};
