// Checks that a tenant is one of this host's, for the commands that read files instead of asking the agent.
import { AppError } from '../../shared/errors.js';
import { readTenantSources } from '../config/tenant_sources.js';
import type { OpenHost } from './open_host.js';

/** Throws AppError `unknown-tenant`; a tenant whose file is broken is one all the same. */
export async function requireTenant({ config }: OpenHost, slug: string): Promise<void> {
  const known = (await readTenantSources(config)).flatMap(({ slug }) => slug ?? []).toSorted();
  if (known.includes(slug)) return;
  throw new AppError('unknown-tenant', `there is no tenant ${slug} in ${config.tenants_dir}`, {
    hint: known.length === 0 ? 'There is no tenant at all.' : `There are ${known.join(', ')}.`,
  });
}
