// Chooses how a tenant's requirements are installed, by its configuration.
import { openCommand } from './configured.js';
import type { Requirements } from './port.js';
import type { RequirementsConfig } from './schema.js';
import { openVenv } from './venv.js';

/** The requirements that the configuration names, or null for none. */
export function openRequirements(config: RequirementsConfig): Requirements | null {
  if (config === 'none') return null;
  return 'run' in config ? openCommand(config) : openVenv(config);
}
