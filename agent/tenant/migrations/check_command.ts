// For the plan: checks that the command of the migrations may run as its configured account.
import { checkAccounts } from '../check_accounts.js';
import type { Site } from '../site.js';
import type { MigrationsConfig } from './schema.js';

/** Throws AppError `config` naming the key. */
export async function checkMigrationsCommand(config: MigrationsConfig, site: Site): Promise<void> {
  if (config === 'none') return;
  await checkAccounts(
    site,
    'command' in config ? { 'migrations.command': config.command } : { 'migrations.run': config.run },
  );
}
