// Step 2: back up the database and save the other files that a hook may change. The undo restores them.
import { listMarkers, removeNewMarkers } from '../../tenant/hooks/markers.js';
import { putFilesBack, saveFiles } from '../../tenant/hooks/saved_files.js';
import { saveModifications } from '../../tenant/git/work_tree/change_work_tree.js';
import { fileTimestamp } from '../../../shared/os/clock.js';
import { asideStamp, backupPath, markersBefore, modificationsPatch, savedFiles, splitRemembered } from '../memo.js';
import { requireNoHolders } from '../actions/require_no_holders.js';
import type { StepBodies, StepContext } from '../step.js';

export const backupDatabase: StepBodies = {
  async check({ features, collect, needDisk, warn, ...readContext }) {
    const { database } = features;
    if (database === null) return;
    await collect(async () => {
      const { sizeBytes, warnings } = await database.check(readContext);
      warn(...warnings);
      // Space for the backup, and for the copy with which a restore replaces the database.
      needDisk(database.folder, sizeBytes);
      if (database.restoreFolder !== null) needDisk(database.restoreFolder, sizeBytes);
    });
  },

  async run(context) {
    const { config, memo, features } = context;
    const timeLimitMs = config.time_limits.backup;
    if (features.database !== null) await backUp(context, features.database);
    await memo.once(markersBefore, () => rememberMarkers(context));
    await memo.once(modificationsPatch, () => saveModifications(context, { timeLimitMs }));
    const { files } = config.rollback;
    if (files.length === 0) return;
    const archive = await memo.once(savedFiles, () => `${context.site.dataDir}/files.backup_${context.id}.tar`);
    await saveFiles(context, { patterns: files, archive, timeLimitMs });
  },

  async undo(context) {
    const { config, memo, features, progress } = context;
    const timeLimitMs = config.time_limits.backup;
    const path = memo.get(backupPath);
    const isDatabaseMeant = context.hasRunTenantCode || progress.rollback?.restoreDatabase === true;
    if (features.database !== null && path !== undefined && isDatabaseMeant && progress.verdict !== 'keep-data') {
      const stamp = await memo.once(asideStamp, () => fileTimestamp(context.clock.now()));
      await features.database.restore(context, { path, stamp, timeLimitMs });
      context.say(`Restored the database from ${path}`);
    }
    const before = memo.get(markersBefore);
    if (before !== undefined && before !== null) {
      await removeNewMarkers(context, { before, patterns: config.hooks.markers });
    }
    const archive = memo.get(savedFiles);
    if (archive !== undefined && progress.verdict !== 'keep-data') {
      await putFilesBack(context, { patterns: config.rollback.files, archive, timeLimitMs });
    }
  },
};

/** A tenant can make any number of markers; those before the upgrade are remembered whole or not at all. */
async function rememberMarkers(context: StepContext): Promise<string[] | null> {
  const markers = await listMarkers(context, context.config.hooks.markers);
  if (splitRemembered(markers).left === 0) return markers;
  context.warn(
    `${markers.length} files match hooks.markers, more than can be remembered: a rollback removes no new ones. Remove old ones, or narrow the patterns.`,
  );
  return null;
}

async function backUp(context: StepContext, database: NonNullable<StepContext['features']['database']>): Promise<void> {
  const { config, memo, plan, clock } = context;
  context.say('Backing up database...');
  await requireNoHolders(context, database);
  const path = await memo.once(backupPath, () => database.chooseBackupPath(clock.now()));
  const record = JSON.stringify(plan.record, null, 2);
  await database.backup(context, { path, record, timeLimitMs: config.time_limits.backup });
}
