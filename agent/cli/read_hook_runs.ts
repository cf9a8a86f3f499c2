// The hooks that ran for a tenant, from the journals of this host.
import { listHookRuns, type HookRun } from '../../shared/model/hook_runs.js';
import type { Screen } from '../../shared/terminal/screen/screen.js';
import type { OpenHost } from './open_host.js';
import { requireTenant } from './require_tenant.js';
import { scanUpgradesOf } from './scan_upgrades.js';

/** The latest last. Throws AppError `unknown-tenant`. */
export async function readHookRuns(host: OpenHost, tenant: string, screen: Pick<Screen, 'note'>): Promise<HookRun[]> {
  const runs: HookRun[] = [];
  for await (const { id, events } of scanUpgradesOf(host.state, screen, tenant)) {
    for (const run of listHookRuns(id, events).toReversed()) runs.push(run);
  }
  if (runs.length === 0) await requireTenant(host, tenant);
  return runs.toReversed();
}
