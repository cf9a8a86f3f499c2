// The API: every route, by resource.
import type { Route } from './route.js';
import { accessRoutes } from './routes/access.js';
import { fleetPlansRoutes } from './routes/fleet_plans.js';
import { freezesRoutes } from './routes/freezes.js';
import { healthRoutes } from './routes/health.js';
import { hostsRoutes } from './routes/hosts.js';
import { metricsRoutes } from './routes/metrics.js';
import { slugsRoutes } from './routes/slugs.js';
import { joiningRoutes } from './routes/joining.js';
import { rolloutsRoutes } from './routes/rollouts.js';
import { tenantsRoutes } from './routes/tenants.js';
import { upgradesRoutes } from './routes/upgrades.js';
import { webhooksRoutes } from './routes/webhooks.js';

export const routes: readonly Route[] = [
  ...tenantsRoutes,
  ...slugsRoutes,
  ...hostsRoutes,
  ...upgradesRoutes,
  ...fleetPlansRoutes,
  ...rolloutsRoutes,
  ...freezesRoutes,
  ...accessRoutes,
  ...joiningRoutes,
  ...webhooksRoutes,
  ...metricsRoutes,
  ...healthRoutes,
];
