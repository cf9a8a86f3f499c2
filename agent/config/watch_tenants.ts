// The tenants of this host as they are now: read again when their files change; a broken file keeps its last good state.
import { AppError } from '../../shared/errors.js';
import type { Log } from '../../shared/os/log.js';
import type { User } from '../command/spec.js';
import type { AgentConfig } from './agent_config.js';
import { loadTenants, type LoadedTenants, type TenantProblem } from './load.js';
import type { TenantConfig } from './tenant_config.js';
import { watchFiles, type FileWatch } from '../../shared/os/watch_files.js';

/** Files are read so long after a change: of several within milliseconds, as in one save, chokidar reports the first only. */
const quietMs = 100;

export interface Tenants {
  count(): number;
  /** Throws AppError `unknown-tenant`, or what is wrong with the file of a tenant that never had a good one. */
  find(slug: string): TenantConfig;
  /** All as they are now: the last good state of each, and what is wrong with the files as they are. */
  list(): { good: ReadonlyMap<string, TenantConfig>; problems: TenantProblem[] };
  /** Calls `listener` whenever the files were read again; returns how to stop that. */
  onChange(listener: () => void): () => void;
  close(): Promise<void>;
}

/** Loads the tenants and watches their folder. Throws AppError `config` when the folder cannot be read. */
export async function watchTenants(
  config: AgentConfig,
  { log, agentUser }: { log: Log; agentUser: User },
): Promise<Tenants> {
  const good = new Map<string, TenantConfig>();
  const slugs = new Map<string, string>();
  const listeners = new Set<() => void>();
  let problems: TenantProblem[] = [];
  let reading = Promise.resolve();
  const watcher = watchQuietly(config.tenants_dir, {
    onChange() {
      reading = reading.then(readAgain, readAgain);
    },
    onError: (error) => log.error({ err: error }, 'a change of the tenant files may go unnoticed'),
  });
  // Before the first reading, so that no change goes unnoticed; each reading after the one before, so that the last counts.
  await watcher.ready;
  reading = read();
  await reading.catch(async (error: unknown) => {
    await watcher.close();
    throw error;
  });

  async function read(): Promise<void> {
    problems = adopt(await loadTenants(config, agentUser), { good, slugs, log });
  }

  async function readAgain(): Promise<void> {
    try {
      await read();
      for (const listener of listeners) listener();
    } catch (error) {
      log.error({ err: error }, 'the tenant files cannot be read; the last good ones stay');
    }
  }

  return {
    count: () => good.size,
    list: () => ({ good, problems }),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      await watcher.close();
      await reading.catch(() => undefined);
    },
    find(slug) {
      const tenant = good.get(slug);
      if (tenant !== undefined) return tenant;
      const problem = problems.find((candidate) => candidate.slug === slug);
      throw problem?.error ?? unknownTenant(slug, { folder: config.tenants_dir, known: [...good.keys()] });
    },
  };
}

function unknownTenant(slug: string, { folder, known }: { folder: string; known: readonly string[] }): AppError {
  return new AppError('unknown-tenant', `there is no tenant ${slug} in ${folder}`, {
    hint: known.length === 0 ? 'It has no usable tenant file at all.' : `There are ${known.toSorted().join(', ')}.`,
  });
}

/** Watches the files of a folder; `onChange` is called once for changes that follow each other fast. */
function watchQuietly(
  folder: string,
  { onChange, onError }: { onChange: () => void; onError: (error: unknown) => void },
): Pick<FileWatch, 'ready' | 'close'> {
  let waiting: NodeJS.Timeout | undefined;
  const watcher = watchFiles(folder, {
    depth: 0,
    followsLinks: true,
    includesModes: true,
    onChange() {
      clearTimeout(waiting);
      waiting = setTimeout(onChange, quietMs);
    },
    onError,
  });
  return {
    ready: watcher.ready,
    close() {
      clearTimeout(waiting);
      return watcher.close();
    },
  };
}

/**
 * Takes over what is good, forgets the tenants whose files are gone, and says what is wrong with the others. A file that
 * no longer says its slug is still that of the tenant that it was, as `slugs` has it.
 */
function adopt(
  loaded: LoadedTenants,
  { good, slugs, log }: { good: Map<string, TenantConfig>; slugs: Map<string, string>; log: Log },
): TenantProblem[] {
  const problems = loaded.problems.map((problem) => ({
    ...problem,
    slug: problem.slug ?? slugs.get(problem.file) ?? null,
  }));
  const broken = new Set(problems.map(({ slug }) => slug));
  for (const slug of good.keys()) if (!loaded.tenants.has(slug) && !broken.has(slug)) good.delete(slug);
  for (const [slug, tenant] of loaded.tenants) good.set(slug, tenant);
  const files = new Set(problems.map(({ file }) => file));
  for (const file of slugs.keys()) if (!files.has(file)) slugs.delete(file);
  for (const [slug, file] of loaded.fileOfSlug) slugs.set(file, slug);
  for (const { file, error } of problems) log.error({ file, hint: error.hint }, error.message);
  return problems;
}
