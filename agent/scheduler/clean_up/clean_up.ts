// After an upgrade has ended: writes the tenant's log and deletes what is no longer needed. May be called again.
import { AppError } from '../../../shared/errors.js';
import type { Log } from '../../../shared/os/log.js';
import type { AgentConfig } from '../../config/agent_config.js';
import { createProbe } from '../../command/probe.js';
import { siteOf, thawTenant } from '../../config/tenant_file/tenant_config.js';
import type { Host } from '../../upgrade/host.js';
import type { ReadContext } from '../../tenant/site.js';
import { openFeatures } from '../../upgrade/features.js';
import { pruneOrder } from '../../store/begin_order.js';
import { findRollbackTarget, findUpgrade, listUpgradeIds, type FoundUpgrade } from '../../store/find_upgrades.js';
import { readRecord } from '../../store/tenant_record.js';
import { openTenantLedger } from '../../upgrade/made_files.js';
import { isOver, pruneJournals, removeExports } from './prune.js';
import { pruneBackups } from './prune_backups.js';
import { writeTenantLog } from '../../store/stream/tenant_log.js';
import type { Tombstones } from '../../store/tombstones.js';

interface CleanUp {
  host: Host;
  tombstones: Tombstones;
  upgrade: FoundUpgrade;
  keep: AgentConfig['keep'];
  log: Log;
}

/** No failure here changes how the upgrade ended: it is logged, and the next cleanup tries again. */
export async function cleanUp(options: CleanUp): Promise<void> {
  const { host, tombstones, keep, log } = options;
  const { state, clock, exclusive } = host;
  const noteUnpruned = (id: string, error: unknown) =>
    log.warn({ err: error, upgrade: id }, 'the journal of an old upgrade could not be removed');
  /** The files of an upgrade whose journal goes are in the ledger from then on. */
  const beforeRemoval = async (tenant: string) => void (await openTenantLedger(host, tenant).list());
  await runChores(options, {
    tenant: () => cleanTenant(options),
    journals: () =>
      pruneJournals({ state, tombstones }, keep, { now: clock.now(), onError: noteUnpruned, beforeRemoval }),
    // In turn with `noteBegin`, which notes journals that have a folder: what is listed here leaves none out.
    order: () => exclusive(state.order, async () => pruneOrder(state, new Set(await listUpgradeIds(state)))),
  });
}

/** The clean-up of upgrades whose own was cut off by the end of an agent before this one. */
export async function cleanUpAgain(options: Omit<CleanUp, 'upgrade'>, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    try {
      const upgrade = findUpgrade(options.host.state, id);
      if (upgrade !== null) await cleanUp({ ...options, upgrade });
    } catch (error) {
      options.log.warn({ err: error, upgrade: id }, 'the journal of an ended upgrade cannot be read');
    }
  }
}

/** Nothing for an upgrade that was refused without the tenant's configuration. */
async function cleanTenant(options: CleanUp): Promise<void> {
  const { host, upgrade } = options;
  const { state, agentUser, clock, shutdown } = host;
  if (upgrade.begin.config === null) return;
  const config = thawTenant(upgrade.begin.config);
  const features = await openFeatures(host, { config, id: upgrade.id });
  const readContext = {
    site: siteOf(config),
    probe: createProbe({ agentUid: agentUser.uid, signal: shutdown }),
    signal: shutdown,
  };
  const keepBackups = typeof config.database === 'object' ? config.database.keep : 1;
  await runChores(options, {
    log: async () =>
      requireReadable(readContext, await writeTenantLog({ state, upgrade, config, agentUid: agentUser.uid, clock })),
    exports: () => removeExports(state, upgrade),
    // One that was accepted as it is, or that died just before it lowered it.
    guard: async () => (isOver(upgrade) ? features.guard?.lower() : undefined),
    backups: async () =>
      pruneBackups({ state, features, readContext }, { keep: keepBackups, spared: await findSpared(options) }),
  });
}

/** The upgrade that ended last, the one by which the tenant stands, and the one that a rollback would undo. */
async function findSpared({ host: { state }, upgrade }: CleanUp): Promise<Set<string>> {
  const { tenant } = upgrade.begin;
  const record = await readRecord(state.recordFile(tenant));
  const target = await findRollbackTarget(state, tenant);
  return new Set([upgrade.id, record?.upgrade_id, target?.id].flatMap((id) => id ?? []));
}

async function runChores({ log, upgrade }: CleanUp, chores: Record<string, () => Promise<void>>): Promise<void> {
  for (const [chore, work] of Object.entries(chores)) {
    await work().catch((error: unknown) =>
      log.warn({ err: error, chore, upgrade: upgrade.id }, 'the cleanup after an upgrade failed'),
    );
  }
}

/** Its folder may lie in one that the tenant cannot pass. */
async function requireReadable({ probe, site: { user } }: ReadContext, file: string): Promise<void> {
  const { exitCode } = await probe({ argv: ['test', '-r', file], user, cwd: '/' });
  if (exitCode === 0) return;
  throw new AppError('io', `${user.name} cannot read the log ${file}`, {
    hint: `Let others pass the folders on its way: \`namei -l ${file}\` shows them, \`chmod o+x FOLDER\` opens one.`,
  });
}
