// Drafts beside the tenants' data: unfinished backups and copies of killed commands. Each tenant's user removes its own.
import type { Log } from '../../../shared/os/log.js';
import { TenantPath } from '../../command/tenant_path.js';
import { createProbe } from '../../command/probe.js';
import { siteOf, type TenantConfig } from '../../config/tenant_file/tenant_config.js';
import { hasLedger, type MadeFiles } from '../../store/ledger.js';
import { listDraftsOf } from '../../tenant/database/backups.js';
import type { Host } from '../../upgrade/host.js';
import { openTenantLedger } from '../../upgrade/made_files.js';
import { isResolved } from './prune_backups.js';

/**
 * Removes what is unfinished of the files in each tenant's ledger, but nothing of an upgrade that is not over. One tenant
 * after the other; a failure is logged. Call it once after the start.
 */
export async function sweepTenants(
  { state, exclusive, agentUser, shutdown }: Host,
  tenants: readonly TenantConfig[],
  log: Log,
): Promise<void> {
  const probe = createProbe({ agentUid: agentUser.uid, signal: shutdown });
  for (const config of tenants) {
    if (shutdown.aborted) return;
    // The first clean-up reads the journals of an older agent.
    if (!hasLedger(state.ledgerFile(config.slug))) continue;
    try {
      const made = await openTenantLedger({ state, exclusive }, config.slug).list();
      const files = made.filter(({ upgrade }) => isResolved(state, upgrade)).flatMap(draftsOf);
      if (files.length > 0) await probe({ argv: ['rm', '-f', '--', ...files], user: siteOf(config).user, cwd: '/' });
    } catch (error) {
      if (!shutdown.aborted) log.warn({ err: error, tenant: config.slug }, 'unfinished files could not be removed');
    }
  }
}

const draftsOf = ({ paths }: MadeFiles) => paths.flatMap((text) => listDraftsOf(new TenantPath(text)));
