// Checks that a tenant is one of this host's, for the commands that read files instead of asking the agent.
import { AppError } from '../../shared/errors.js';
import { listTenantFiles } from '../config/list_tenant_files.js';
import { readTenantSources, type TenantSource } from '../config/tenant_sources.js';
import type { OpenHost } from './open_host.js';

/** Throws AppError `unknown-tenant`; a tenant whose file is broken is one all the same. */
export async function requireTenant({ config }: OpenHost, slug: string): Promise<void> {
  const sources = await readTenantSources(config, await listTenantFiles(config.tenants_dir));
  requireTenantIn(sources, { slug, folder: config.tenants_dir });
}

/** The same among what was read of a folder. */
export function requireTenantIn(
  sources: readonly TenantSource[],
  { slug, folder }: { slug: string; folder: string },
): void {
  const known = sources.flatMap((source) => source.slug ?? []).toSorted();
  if (known.includes(slug)) return;
  throw new AppError('unknown-tenant', `there is no tenant ${slug} in ${folder}`, {
    hint:
      known.length === 0
        ? 'There is none at all; `drover-agent init TENANT` writes the file of one.'
        : `There are ${known.join(', ')}.`,
  });
}
