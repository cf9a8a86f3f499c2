// Chooses the upgrade that a rollback undoes, and checks that the tenant is still as that upgrade left it.
import { AppError } from '../../../shared/errors.js';
import { createProbe } from '../../command/probe.js';
import { TenantPath } from '../../command/tenant_path.js';
import { siteOf, type TenantConfig } from '../../config/tenant_file/tenant_config.js';
import { findRollbackTarget, type FoundUpgrade } from '../../store/find_upgrades.js';
import type { ReadContext } from '../../tenant/site.js';
import { readWorkTree } from '../../tenant/git/work_tree/read_work_tree.js';
import { openFeatures, type Features } from '../../upgrade/features.js';
import type { Host } from '../../upgrade/host.js';
import { backupPath, readMemo } from '../../upgrade/memo.js';

/**
 * Changes nothing. Throws AppError where there is nothing to roll back, or where a rollback would lose data unasked.
 */
export async function chooseRollback(
  host: Host,
  { config, restoreDatabase, only }: { config: TenantConfig; restoreDatabase: boolean; only: string | undefined },
): Promise<FoundUpgrade> {
  const { agentUser, shutdown, state } = host;
  const latest = await findRollbackTarget(state, config.slug);
  if (only !== undefined && latest?.id !== only) throw notLatest(config.slug, { only, latest: latest?.id ?? null });
  const features = await openFeatures(host, { config, id: latest?.id ?? 'none' });
  const readContext = {
    site: siteOf(config),
    probe: createProbe({ agentUid: agentUser.uid, signal: shutdown }),
    signal: shutdown,
  };
  return checkRollback({ tenant: config.slug, latest, features, readContext, restoreDatabase });
}

/** AppError `nothing-to-do`: somebody has changed the tenant since the upgrade that was to be undone. */
function notLatest(tenant: string, { only, latest }: { only: string; latest: string | null }): AppError {
  const now = latest === null ? 'it has none' : `that is ${latest}`;
  return new AppError('nothing-to-do', `${only} is not the latest upgrade of ${tenant} any more: ${now}`);
}

/** The tenant's latest upgrade, if it succeeded or is held. Throws AppError otherwise. */
async function checkRollback(options: {
  tenant: string;
  latest: FoundUpgrade | null;
  features: Features;
  readContext: ReadContext;
  restoreDatabase: boolean;
}): Promise<FoundUpgrade> {
  const { tenant, latest, features, readContext, restoreDatabase } = options;
  const finish = latest?.progress.finish ?? null;
  const target = latest?.begin.plan?.target ?? null;
  if (latest === null || finish === null || target === null || latest.progress.begun.size === 0) {
    throw new AppError('nothing-to-do', `${tenant} has no completed upgrade to roll back`);
  }
  if (finish.hold === null && finish.status !== 'success') {
    throw new AppError('nothing-to-do', `${tenant} has no completed upgrade to roll back`, {
      hint: `Its latest one, ${latest.id}, ended as ${finish.status}.`,
    });
  }
  if (finish.hold === 'data-changed' && !restoreDatabase) {
    throw new AppError('data-changed', `data was written to ${tenant} since ${target.version} was started`, {
      hint: '`--restore-database` discards this data: the current database is set aside, never deleted.',
    });
  }
  await checkHead({ tenant, target, isHalfway: finish.hold === 'undo-failed', readContext });
  const backup = readMemo(latest.events, backupPath);
  const isLost =
    backup !== undefined && (await features.database?.hasBackup(readContext, new TenantPath(backup))) === false;
  if (isLost) {
    throw new AppError('missing-file', `the backup ${backup} does not exist`, {
      hint: 'A rollback needs it: put the file back.',
    });
  }
  return latest;
}

async function checkHead(options: {
  tenant: string;
  target: { commit: string; version: string };
  /** True when its rollback has begun and stopped at a failed undo. */
  isHalfway: boolean;
  readContext: ReadContext;
}): Promise<void> {
  const { tenant, target, isHalfway, readContext } = options;
  const { head } = await readWorkTree(readContext);
  if (head === target.commit) return;
  const at = head.slice(0, 12);
  if (isHalfway) {
    throw new AppError('unresolved', `the rollback of ${tenant} is incomplete; its code is at ${at} now`, {
      hint: `Fix the cause, then \`drover-agent resume ${tenant}\` continues that rollback.`,
    });
  }
  throw new AppError('moved-head', `${tenant} is at ${at}, not at ${target.version} as its latest upgrade left it`, {
    hint: `Check ${target.version} out again first.`,
  });
}
