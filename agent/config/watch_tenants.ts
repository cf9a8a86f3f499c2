// The tenants of this host as they are now: read again when their files change; a broken file keeps its last good state.
import { watch } from 'chokidar';
import { AppError } from '../../shared/errors.js';
import type { Log } from '../../shared/log.js';
import type { AgentConfig } from './agent_config.js';
import { loadTenants, type LoadedTenants } from './load.js';
import type { TenantConfig } from './tenant_config.js';

export interface Tenants {
  count(): number;
  /** Throws AppError `unknown-tenant`, or what is wrong with the file of a tenant that never had a good one. */
  find(slug: string): TenantConfig;
  /** All as they are now: the last good state of each, and what is wrong with the files as they are. */
  list(): { good: ReadonlyMap<string, TenantConfig>; problems: LoadedTenants['problems'] };
  /** Calls `listener` whenever the files were read again; returns how to stop that. */
  onChange(listener: () => void): () => void;
  close(): Promise<void>;
}

/** Loads the tenants and watches their folder. Throws AppError `config` when the folder cannot be read. */
export async function watchTenants(config: AgentConfig, log: Log): Promise<Tenants> {
  const good = new Map<string, TenantConfig>();
  const listeners = new Set<() => void>();
  let loaded = adopt(await loadTenants(config), { good, log });
  const watcher = watch(config.tenants_dir, { ignoreInitial: true, depth: 0 });
  watcher.on('all', () => void reload());

  async function reload(): Promise<void> {
    try {
      loaded = adopt(await loadTenants(config), { good, log });
      for (const listener of listeners) listener();
    } catch (error) {
      log.error({ err: error }, 'the tenant files cannot be read; the last good ones stay');
    }
  }

  return {
    count: () => good.size,
    list: () => ({ good, problems: loaded.problems }),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => watcher.close(),
    find(slug) {
      const tenant = good.get(slug);
      if (tenant !== undefined) return tenant;
      const problem = loaded.problems.find((candidate) => candidate.slug === slug);
      if (problem !== undefined) throw problem.error;
      const known = [...good.keys()].toSorted().join(', ');
      throw new AppError('unknown-tenant', `there is no tenant ${slug} in ${config.tenants_dir}`, {
        hint: known === '' ? 'It has no usable tenant file at all.' : `There are ${known}.`,
      });
    },
  };
}

/** Takes over what is good, forgets the tenants whose files are gone, and says what is wrong with the others. */
function adopt(loaded: LoadedTenants, { good, log }: { good: Map<string, TenantConfig>; log: Log }): LoadedTenants {
  const broken = new Set(loaded.problems.map(({ slug }) => slug));
  for (const slug of good.keys()) if (!loaded.tenants.has(slug) && !broken.has(slug)) good.delete(slug);
  for (const [slug, tenant] of loaded.tenants) good.set(slug, tenant);
  for (const { file, error } of loaded.problems) log.error({ file, hint: error.hint }, error.message);
  return loaded;
}
