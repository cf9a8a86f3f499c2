// Step 10: run the migrations that the tenant has not had. One that is lost is never run again: it is undone.
import { readTagCommits } from '../../tenant/git/tags.js';
import { deployEnvironment } from '../../tenant/hooks/hook_command.js';
import { planMigrations } from '../../tenant/migrations/plan_migrations.js';
import { checkMigrationsCommand } from '../../tenant/migrations/check_command.js';
import { runMigrations } from '../../tenant/migrations/run_migrations.js';
import { versionsOf, type CheckContext } from '../check_context.js';
import { backupPath } from '../facts.js';
import type { Bodies } from '../row.js';

export const migrate: Bodies = {
  async check(context) {
    const { plan, features, config, record, collect } = context;
    const { previous, target } = versionsOf(plan);
    await collect(() => checkMigrationsCommand(config.migrations, context.site));
    await collect(async () => {
      const planned = await planMigrations({
        tree: features.tree,
        config: config.migrations,
        targetCommit: target.commit,
        previousCommit: previous.commit,
        record,
        crossed: await pinTags(context),
      });
      plan.migrations = plan.kind === 'downgrade' ? [] : planned.migrations;
      plan.known_migrations = planned.known;
      plan.warnings.push(...planned.warnings);
    });
  },

  async run(context) {
    const { config, plan, site, id, facts } = context;
    if (config.migrations === 'none' || plan.kind === 'downgrade') return;
    const { previous, target } = versionsOf(plan);
    context.say('Running migrations...');
    const ran = await runMigrations(context, {
      migrations: plan.migrations,
      config: config.migrations,
      env: deployEnvironment(site, {
        id,
        targetTag: target.version,
        previousTag: previous.version,
        backupPath: facts.get(backupPath) ?? '',
      }),
      timeLimitMs: config.time_limits.migration,
    });
    context.say(`Ran ${ran.length} migrations`);
  },

  // What migrations changed is undone by restoring the backup, in the row of step 2.
};

async function pinTags({ plan, features }: CheckContext): Promise<{ tag: string; commit: string }[]> {
  const commits = await readTagCommits(features.mirror);
  return plan.crossed.flatMap((tag) => {
    const commit = commits.get(tag);
    return commit === undefined ? [] : [{ tag, commit }];
  });
}
