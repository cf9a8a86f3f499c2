// Finds the upgrade that a rollback would turn back, and looks whether the tenant is as that upgrade left it.
import { createProbe } from '../command/probe.js';
import { siteOf, type TenantConfig } from '../config/tenant_config.js';
import { openFeatures } from '../upgrade/features.js';
import { findRollbackTarget, type FoundUpgrade } from '../store/find_upgrades.js';
import type { Host } from '../upgrade/host.js';
import { checkRollback } from './operator_rules.js';

/** Touches nothing. Throws AppError where there is nothing to turn back, or that would lose what was not given up. */
export async function chooseRollback(
  host: Host,
  { config, restoreDatabase }: { config: TenantConfig; restoreDatabase: boolean },
): Promise<FoundUpgrade> {
  const { agentUser, shutdown, state } = host;
  const latest = await findRollbackTarget(state, config.slug);
  const features = await openFeatures(host, { config, id: latest?.id ?? 'none' });
  const readContext = {
    site: siteOf(config),
    probe: createProbe({ agentUid: agentUser.uid, signal: shutdown }),
    signal: shutdown,
  };
  return checkRollback({ tenant: config.slug, latest, features, readContext, restoreDatabase });
}
