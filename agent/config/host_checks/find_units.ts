// Finds out which units a tenant's services really are: an alias is a link to the file of a unit.
import path from 'node:path';
import type { ConfigSource } from '../../../shared/config/config_source.js';
import { resolveTrustedPath } from '../../../shared/os/trusted/check_path.js';
import type { OccupiedPlace } from './find_conflicts.js';
import type { TenantConfig } from '../tenant_file/tenant_config.js';

/** Where systemd makes the links of aliases. */
const folder = '/etc/systemd/system';

/** Each unit as a place that only one tenant may have. */
export async function findUnits(
  { services }: Pick<TenantConfig, 'services'>,
  locate: ConfigSource['locate'],
): Promise<OccupiedPlace[]> {
  if (!Array.isArray(services)) return [];
  return Promise.all(
    services.map(async (name, index) => {
      const key = ['services', index];
      const file = await resolveTrustedPath(path.join(folder, name)).catch(() => name);
      return { key, where: locate(key), named: name, ids: [`unit ${path.basename(file)}`], isLed: false };
    }),
  );
}
