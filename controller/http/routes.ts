// The API: every route, each in a file of its own.
import { route as cancelUpgrade } from './routes/cancel_upgrade.js';
import { route as followUpgrade } from './routes/follow_upgrade.js';
import { route as getHost } from './routes/get_host.js';
import { route as getTenant } from './routes/get_tenant.js';
import { route as getUpgrade } from './routes/get_upgrade.js';
import { route as healthz } from './routes/healthz.js';
import { route as listHosts } from './routes/list_hosts.js';
import { route as listTenants } from './routes/list_tenants.js';
import { route as listUpgrades } from './routes/list_upgrades.js';
import { route as planTenant } from './routes/plan_tenant.js';
import { route as readLog } from './routes/read_log.js';
import { route as readyz } from './routes/readyz.js';
import { route as rollBackTenant } from './routes/roll_back_tenant.js';
import { route as upgradeTenant } from './routes/upgrade_tenant.js';
import type { Route } from './route.js';

export const routes: readonly Route[] = [
  listTenants,
  getTenant,
  planTenant,
  upgradeTenant,
  rollBackTenant,
  listHosts,
  getHost,
  listUpgrades,
  getUpgrade,
  followUpgrade,
  readLog,
  cancelUpgrade,
  healthz,
  readyz,
];
