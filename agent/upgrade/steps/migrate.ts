// Step 10: run the migrations that the tenant has not had. A lost migration never runs again; the upgrade rolls back.
import path from 'node:path';
import { nameOf } from '../../tenant/configured_command.js';
import { hasCommit, type ResolvedTag } from '../../tenant/git/tags.js';
import { deployEnvironment } from '../../tenant/hooks/hook_command.js';
import { checkExport, exportMigrations, migrationsAccount } from '../../tenant/migrations/export_migrations.js';
import { planMigrations } from '../../tenant/migrations/plan_migrations.js';
import { checkMigrationsCommand } from '../../tenant/migrations/check_command.js';
import { runMigrations } from '../../tenant/migrations/run_migrations.js';
import { listPending } from '../../tenant/migrations/list_pending.js';
import type { TenantRecord } from '../../../shared/model/plan/plan.js';
import { versionsOf, type CheckContext, type Version } from '../plan/check_context.js';
import { backupPath } from '../memo.js';
import type { StepBodies, StepContext } from '../step.js';

export const migrate: StepBodies = {
  async check(context) {
    const { plan, features, config, record, collect, tags, warn, needState } = context;
    const { previous, target } = versionsOf(plan);
    const commands = collect(() => checkMigrationsCommand(config.migrations, context.site));
    const listed = collect(() => listByCommand(context));
    const files = collect(async () => {
      const planned = await planMigrations({
        tree: features.tree,
        config: config.migrations,
        targetCommit: target.commit,
        previousCommit: await findKnownCommit(context, previous),
        record,
        crossed: pinTags(plan.crossed, await tags()),
      });
      plan.known_migrations = planned.known;
      plan.record ??= makeFirstRecord(previous, planned.applied, plan.made_at);
      warn('changed-migration', ...planned.warnings);
      if (plan.kind === 'downgrade' || plan.migrations_by !== null) return;
      plan.migrations = planned.migrations;
      for (const blocker of planned.blockers) await collect(() => Promise.reject(blocker));
    });
    const exported = collect(async () => {
      if (migrationsAccount(config.migrations, context.site) === null) return;
      const what = { tree: features.tree, config: config.migrations, commit: target.commit };
      needState(await checkExport(what));
    });
    await Promise.all([commands, listed, files, exported]);
  },

  async run(context) {
    const { config, plan, site, id, memo } = context;
    if (config.migrations === 'none' || plan.kind === 'downgrade') return;
    const { previous, target } = versionsOf(plan);
    context.say('Running migrations...');
    const ran = await runMigrations(context, {
      exportDir: await exportForAccount(context),
      migrations: plan.migrations,
      config: config.migrations,
      env: deployEnvironment(site, {
        id,
        targetTag: target.version,
        previousTag: previous.version,
        backupPath: memo.get(backupPath) ?? '',
      }),
      timeLimitMs: config.time_limits.migration,
    });
    // How many a command ran, only that knows.
    context.say(
      plan.migrations_by === null ? `Ran ${ran.length} migrations` : `Migrations ran by ${plan.migrations_by}`,
    );
  },

  // The undo of step 2 restores the backup, and with it what migrations changed.
};

/** A command of the app knows its migrations itself. What it lists is for the plan only. */
async function listByCommand(context: CheckContext): Promise<void> {
  const { plan, config, warn } = context;
  if (config.migrations === 'none' || !('command' in config.migrations) || plan.kind === 'downgrade') return;
  plan.migrations_by = nameOf(config.migrations.command);
  const { list } = config.migrations;
  if (list === undefined) return;
  const { previous, target } = versionsOf(plan);
  const { names, warnings } = await listPending(context, list, {
    DEPLOY_TARGET_TAG: target.version,
    DEPLOY_PREVIOUS_TAG: previous.version,
  });
  warn('unlisted-migrations', ...warnings);
  plan.migrations = names.map((file) => ({ file, sha256: '', tag: target.version }));
}

/** A work tree with commits of its own, which the mirror lacks, has the migrations of the version that it counts as. */
async function findKnownCommit({ features, tags }: CheckContext, { version, commit }: Version): Promise<string> {
  if (await hasCommit(features.mirror, commit)) return commit;
  return (await tags()).get(version)?.commit ?? commit;
}

/** What Drover knows of a tenant before its first upgrade; written before that upgrade changes anything. */
function makeFirstRecord(
  { version, commit }: Version,
  applied: TenantRecord['applied_migrations'],
  recorded_at: string,
): TenantRecord {
  const none = { previous_version: null, upgrade_id: null, marks: [], modified_by_hooks: [] };
  return { ...none, version, commit, recorded_at, applied_migrations: applied };
}

/** Where another account finds the migrations; null where the tenant's user runs them. */
async function exportForAccount({ config, plan, site, features, afterFlush }: StepContext): Promise<string | null> {
  const account = migrationsAccount(config.migrations, site);
  if (account === null) return null;
  const folder = path.join(features.places.exportsFor(account), 'migrations');
  const what = { tree: features.tree, config: config.migrations, commit: versionsOf(plan).target.commit };
  await afterFlush(async () => {
    await features.makeExportsFor(account);
    await exportMigrations(what, { folder, account });
  });
  return folder;
}

function pinTags(
  crossed: readonly string[],
  tags: ReadonlyMap<string, ResolvedTag>,
): { tag: string; commit: string }[] {
  return crossed.flatMap((tag) => {
    const resolved = tags.get(tag);
    return resolved === undefined ? [] : [{ tag, commit: resolved.commit }];
  });
}
