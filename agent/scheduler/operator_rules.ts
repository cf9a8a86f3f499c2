// What an operator may ask of an upgrade that is under way or over, and why not.
import { existsSync } from 'node:fs';
import { AppError } from '../../shared/errors.js';
import type { EventBody } from '../../shared/model/events.js';
import type { Failure } from '../../shared/model/result.js';
import type { ReadContext } from '../tenant/site.js';
import { readWorkTree } from '../tenant/git/read_work_tree.js';
import type { ActiveUpgrade } from './active_upgrade.js';
import { hasEnded } from '../upgrade/begin_upgrade.js';
import type { Features } from '../upgrade/features.js';
import { backupPath, readMemo } from '../upgrade/memo.js';
import type { FoundUpgrade } from '../store/find_upgrades.js';
import type { Journal } from '../store/journal.js';
import { pipeline } from '../upgrade/pipeline.js';
import { foldProgress } from '../../shared/model/progress.js';

/** Tells an upgrade to end; its id. Throws AppError `not-cancellable` where that would do nothing now. */
export async function cancelActive(
  activity: ActiveUpgrade,
  asked: { tenant: string; force: boolean },
): Promise<string> {
  const { id, tenant, journal } = activity;
  if (tenant !== asked.tenant)
    throw new AppError('usage', `the upgrade ${id} is one of ${tenant}, not of ${asked.tenant}`);
  if (journal === null) {
    if (activity.state === 'queued') await activity.cancelQueued();
    else activity.cancel = { force: asked.force };
    return id;
  }
  checkCancel(tenant, journal, asked.force);
  journal.append({ type: 'cancel', force: asked.force });
  await journal.sync();
  return id;
}

function checkCancel(tenant: string, journal: Journal, force: boolean): void {
  if (hasEnded(journal)) throw new AppError('nothing-to-do', `the upgrade of ${tenant} has ended already`);
  const { current, direction } = foldProgress(journal.events);
  if (direction === 'back') {
    throw new AppError('not-cancellable', `the upgrade of ${tenant} is being rolled back already`);
  }
  const step = pipeline.find(({ name }) => name === current?.step);
  if (current?.stage === 'prepare' || step === undefined || step.cancel === 'now') return;
  if (step.cancel === 'never') {
    throw new AppError('not-cancellable', `the upgrade of ${tenant} is past its commit point (${step.name})`, {
      hint: `Wait for its end, then \`drover-agent rollback ${tenant}\`.`,
    });
  }
  if (!force) {
    throw new AppError('not-cancellable', `the upgrade of ${tenant} is in its migrations`, {
      hint: '`--force` stops them; the database is then restored from the backup.',
    });
  }
}

/** The upgrade that a rollback turns back: the tenant's latest, if it succeeded or is held. Throws AppError otherwise. */
export async function checkRollback(options: {
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
    throw new AppError('nothing-to-do', `${tenant} has no upgrade that could be rolled back`);
  }
  if (finish.hold === null && finish.status !== 'success') {
    throw new AppError('nothing-to-do', `the latest upgrade of ${tenant} (${latest.id}) ended as ${finish.status}`, {
      hint: 'There is nothing left of it to turn back.',
    });
  }
  if (finish.hold === 'data-changed' && !restoreDatabase) {
    throw new AppError('data-changed', `data was written to ${tenant} since ${target.version} was started`, {
      hint: '`--restore-database` gives it up: the database of now is set aside, never deleted.',
    });
  }
  await checkHead({ tenant, target, isHalfway: finish.hold === 'undo-failed', readContext });
  const backup = readMemo(latest.events, backupPath);
  if (features.database !== null && backup !== undefined && !existsSync(backup)) {
    throw new AppError('missing-file', `the backup ${backup} is gone`, { hint: 'Without it there is no way back.' });
  }
  return latest;
}

async function checkHead(options: {
  tenant: string;
  target: { commit: string; version: string };
  /** Its rollback was begun already and stopped on an undo that failed. */
  isHalfway: boolean;
  readContext: ReadContext;
}): Promise<void> {
  const { tenant, target, isHalfway, readContext } = options;
  const { head } = await readWorkTree(readContext);
  if (head === target.commit) return;
  const at = head.slice(0, 12);
  if (isHalfway) {
    throw new AppError('unresolved', `the rollback of ${tenant} stopped half-way; its code is at ${at} by now`, {
      hint: `See to the cause, then \`drover-agent resume ${tenant}\` goes on with that rollback.`,
    });
  }
  throw new AppError('moved-head', `${tenant} is at ${at}, not at ${target.version} as its latest upgrade left it`, {
    hint: `Check ${target.version} out again first.`,
  });
}

/** The records by which a hold is accepted as it is; nothing of the tenant is touched. Throws AppError where nothing is held. */
export function acceptHold(upgrade: FoundUpgrade): EventBody[] {
  const { n: _n, at: _at, ...finish } = requireHold(upgrade.begin.tenant, upgrade).finish;
  const failure = finish.failure === null ? null : accept(finish.failure);
  return [
    { type: 'resume', accept: true },
    { ...finish, hold: null, failure },
  ];
}

/** The ways out that the failure named have been decided upon. */
function accept({ hint: _decided, ...failure }: Failure): Failure {
  return { ...failure, needs_operator: false };
}

/** The upgrade, if it waits for an operator. Throws AppError `nothing-to-do` otherwise. */
export function requireHold(tenant: string, upgrade: FoundUpgrade | null) {
  const finish = upgrade?.progress.finish ?? null;
  if (upgrade !== null && finish !== null && finish.hold !== null) return { upgrade, finish };
  throw new AppError('nothing-to-do', `no upgrade of ${tenant} waits for an operator`);
}

/** Throws AppError `unresolved` where the tenant's latest upgrade waits for an operator. */
export function requireResolved(tenant: string, latest: FoundUpgrade | null): void {
  const finish = latest?.progress.finish ?? null;
  if (latest === null || finish === null || finish.hold === null) return;
  throw new AppError('unresolved', `${tenant} waits for an operator since its upgrade ${latest.id}`, {
    hint: finish.failure?.hint ?? `\`drover-agent status ${tenant}\` says what led there.`,
  });
}
