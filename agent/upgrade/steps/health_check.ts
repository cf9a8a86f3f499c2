// Step 14: the tenant must be healthy on the new version, several times in a row.
import { checkHealthCommand } from '../../tenant/health/check_health.js';
import { runningBefore } from '../facts.js';
import type { Bodies } from '../row.js';
import { discardOldRequirements } from './install_requirements.js';
import { requireHealth } from './stop_services.js';

export const healthCheck: Bodies = {
  async check({ config, collect, site }) {
    await collect(() => checkHealthCommand(config.health, site));
  },

  async run(context) {
    // A tenant that was stopped before is left so, and what is stopped has no health.
    const isMeantToRun = (context.facts.get(runningBefore) ?? []).length > 0 || context.features.services === null;
    if (isMeantToRun) await requireHealth(context);
    await discardOldRequirements(context);
  },
};
