// For the plan: whether the command that runs the migrations may run as whom it is configured for.
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
