// The tenant's database by its configuration.
import type { Site } from '../site.js';
import { openCommandsDatabase } from './configured.js';
import type { Database } from './port.js';
import type { DatabaseConfig } from './schema.js';
import { openSqliteDatabase } from './sqlite.js';

export type { Database } from './port.js';

/** The database of a tenant, or null when it has none. Opens no file and starts nothing. */
export function openDatabase(config: DatabaseConfig, site: Site): Database | null {
  if (config === 'none') return null;
  return 'sqlite' in config ? openSqliteDatabase(config, site) : openCommandsDatabase(config, site);
}
