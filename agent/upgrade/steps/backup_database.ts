// Step 2: back up the database and save the other files that a hook may change. The undo restores them.
import { TenantPath } from '../../command/tenant_path.js';
import { listMarkers, removeNewMarkers } from '../../tenant/hooks/markers.js';
import { estimateArchive, putFilesBack, savedFilesName, saveFiles } from '../../tenant/hooks/saved_files.js';
import { requireWritableFolder } from '../../tenant/plan_folders.js';
import { saveModifications } from '../../tenant/git/work_tree/save_modifications.js';
import { fileTimestamp } from '../../../shared/os/clock.js';
import { asideStamp, backupPath, markersBefore, modificationsPatch, savedFiles, splitRemembered } from '../memo.js';
import { isDiskError } from '../../command/os_errors.js';
import { noteMadeFiles } from '../actions/note_made_files.js';
import { requireNoHolders } from '../actions/require_no_holders.js';
import { restoresDatabase } from '../actions/restores_database.js';
import type { DiskNeed } from '../../tenant/database/port.js';
import type { ReadContext } from '../../tenant/site.js';
import type { StepBodies, StepContext } from '../step.js';

export const backupDatabase: StepBodies = {
  async check({ features, config, collect, needDisk, warn, ...readContext }) {
    const { database } = features;
    if (config.rollback.files.length > 0) {
      await collect(async () => needDisk(await checkArchive(readContext, config.rollback.files)));
    }
    if (database === null) return;
    await collect(async () => {
      const { needs, warnings } = await database.check(readContext);
      for (const { code, text } of warnings) warn(code, text);
      for (const need of needs) needDisk(need);
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
    const chosen = context.site.dataDir.join(savedFilesName(context.id));
    const archive = new TenantPath(await memo.once(savedFiles, () => chosen.shown));
    await noteMadeFiles(context);
    await saveFiles(context, { patterns: files, archive, timeLimitMs });
  },

  async undo(context) {
    const { config, memo, features, progress } = context;
    const timeLimitMs = config.time_limits.backup;
    const path = memo.get(backupPath);
    if (features.database !== null && path !== undefined && restoresDatabase(context)) {
      const stamp = await memo.once(asideStamp, () => fileTimestamp(context.clock.now()));
      await noteMadeFiles(context).catch((error: unknown) => {
        // The undo does not wait for the ledger's disk: it is noted before the upgrade's last event.
        if (!isDiskError(error)) throw error;
      });
      await features.database.restore(context, { path: new TenantPath(path), stamp, timeLimitMs });
      context.say(`Restored the database from ${path}`);
    }
    const before = memo.get(markersBefore);
    if (before !== undefined && before !== null) {
      await removeNewMarkers(context, { before, patterns: config.hooks.markers });
    }
    const archive = memo.get(savedFiles);
    if (archive !== undefined && progress.verdict !== 'keep-data') {
      const saved = { patterns: config.rollback.files, archive: new TenantPath(archive), timeLimitMs };
      await putFilesBack(context, saved);
    }
  },
};

/** The space for the archive of `rollback.files`, in a folder that the tenant can write. */
async function checkArchive({ site, probe, signal }: ReadContext, patterns: readonly string[]): Promise<DiskNeed> {
  const use = { code: 'database-unusable', use: 'save rollback.files in data_dir,' } as const;
  await requireWritableFolder({ probe, user: site.user }, site.dataDir, use);
  return { folder: site.dataDir, bytes: await estimateArchive({ site, probe, signal }, patterns), user: site.user };
}

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
  // Both wait for a process, while the tenant is down.
  const known = memo.get(backupPath);
  const [chosen] = await Promise.all([
    known === undefined ? database.chooseBackupPath(context, clock.now()) : new TenantPath(known),
    requireNoHolders(context, database),
  ]);
  const path = new TenantPath(await memo.once(backupPath, () => chosen.shown));
  await noteMadeFiles(context);
  const record = JSON.stringify(plan.record, null, 2);
  await database.backup(context, { path, record, timeLimitMs: config.time_limits.backup });
}
