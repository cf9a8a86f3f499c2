// Step 14: the tenant must be healthy on the new version, several times in a row.
import { checkHealthCommand } from '../../tenant/health/check_health.js';
import type { Bodies } from '../row.js';
import { discardOldRequirements } from './install_requirements.js';
import { requireHealth } from './stop_services.js';

export const healthCheck: Bodies = {
  async check({ config, collect, site }) {
    await collect(() => checkHealthCommand(config.health, site));
  },

  async run(context) {
    await requireHealth(context);
    await discardOldRequirements(context);
  },
};
