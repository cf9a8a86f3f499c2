// The tenants of this host. Their files are read again when they change; for a broken file the last good state is kept.
import { AppError } from '../../shared/errors.js';
import type { Log } from '../../shared/os/log.js';
import type { Warning } from '../../shared/model/plan/warning_codes.js';
import type { User } from '../command/spec.js';
import type { AgentConfig } from './agent_config.js';
import { loadTenants, type LoadedTenants, type TenantProblem } from './load.js';
import type { Occupied } from './host_checks/find_conflicts.js';
import type { TenantConfig } from './tenant_file/tenant_config.js';
import { watchQuietly } from '../../shared/os/watch_quietly.js';

export interface Tenants {
  count(): number;
  /**
   * The last good state, with a warning where the present file is broken. Throws AppError `unknown-tenant`, or the error
   * of the file where the tenant never had a good one, or shares something with another tenant.
   */
  find(slug: string): TenantConfig;
  /** All tenants: the last good state of each, and the problems of the present files. */
  list(): { good: ReadonlyMap<string, TenantConfig>; problems: TenantProblem[] };
  /** Reads all files with these defaults. Returns once they are read, or could not be: then the log says why. */
  reload(config: AgentConfig): Promise<void>;
  /** Calls `listener` whenever the files were read again; returns the function that stops it. */
  onChange(listener: () => void): () => void;
  close(): Promise<void>;
}

/** Loads the tenants and watches their folder. Throws AppError `config` when the folder cannot be read. */
export async function watchTenants(
  config: AgentConfig,
  { log, agentUser }: { log: Log; agentUser: User },
): Promise<Tenants> {
  const known: KnownTenants = { good: new Map(), occupied: new Map(), slugs: new Map() };
  const { good, occupied } = known;
  const listeners = new Set<() => void>();
  let problems: TenantProblem[] = [];
  let reading = Promise.resolve();
  let agent = config;
  const closing = new AbortController();
  const watcher = watchFolder(config.tenants_dir, { log, onChange: () => void readNext() });
  // Watch before the first reading, so that no change is missed. Readings run one after the other, so the last one
  // counts.
  await watcher.ready;
  reading = read();
  await reading.catch(async (error: unknown) => {
    await watcher.close();
    throw error;
  });

  async function read(): Promise<void> {
    const loaded = await loadTenants(agent, agentUser, { signal: closing.signal, inUse: occupied });
    problems = adopt(loaded, known, log);
    for (const warning of loaded.warnings) log.warn({ folder: config.tenants_dir }, warning);
  }

  async function readAgain(): Promise<void> {
    try {
      await read();
      for (const listener of listeners) listener();
    } catch (error) {
      log.error({ err: error }, 'the tenant files cannot be read; the last good state is kept');
    }
  }

  function readNext(): Promise<void> {
    reading = reading.then(readAgain, readAgain);
    return reading;
  }

  return {
    count: () => good.size,
    list: () => ({ good, problems }),
    reload(next) {
      agent = next;
      return readNext();
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      closing.abort(new Error('the agent ends'));
      await watcher.close();
      await reading.catch(() => undefined);
    },
    find: (slug) => findTenant(slug, { good, problems, config }),
  };
}

function watchFolder(folder: string, { log, onChange }: { log: Log; onChange: () => void }) {
  return watchQuietly(folder, {
    onChange,
    onError: (error) => log.error({ err: error }, 'the tenant files cannot be watched; changes may be missed'),
  });
}

function findTenant(
  slug: string,
  { good, problems, config }: Pick<KnownTenants, 'good'> & { problems: TenantProblem[]; config: AgentConfig },
): TenantConfig {
  const tenant = good.get(slug);
  const problem = problems.find((problem) => problem.slug === slug);
  if (tenant === undefined) throw problem?.error ?? unknownTenant(slug, config, [...good.keys()]);
  return problem === undefined ? tenant : { ...tenant, warnings: [warnOfOlder(problem)] };
}

function warnOfOlder({ file, error }: TenantProblem): Warning {
  const text = `${file} cannot be used now; its last good version is used, without later changes: ${error.message}`;
  return { code: 'older-config', text };
}

function unknownTenant(
  slug: string,
  { tenants_dir: folder }: Pick<AgentConfig, 'tenants_dir'>,
  known: readonly string[],
): AppError {
  return new AppError('unknown-tenant', `there is no tenant ${slug} in ${folder}`, {
    hint: known.length === 0 ? 'It has no usable tenant file at all.' : `There are ${known.toSorted().join(', ')}.`,
    outside: { message: `its host has no tenant ${slug} now`, hint: '`drover-agent status` there lists its tenants.' },
  });
}

/** Each by slug, but `slugs` by file. */
interface KnownTenants {
  good: Map<string, TenantConfig>;
  occupied: Map<string, Occupied>;
  slugs: Map<string, string>;
}

/**
 * Takes over the valid files, forgets the tenants whose files were deleted, and lists the problems of the others. A
 * broken file that does not say its slug still belongs to its last tenant, from `slugs`.
 */
function adopt(loaded: LoadedTenants, { good, slugs, occupied }: KnownTenants, log: Log): TenantProblem[] {
  const problems = loaded.problems.map((problem) => ({
    ...problem,
    slug: problem.saysSlug ? problem.slug : (slugs.get(problem.file) ?? problem.slug),
  }));
  const broken = new Set(problems.map(({ slug }) => slug));
  for (const slug of good.keys()) if (!loaded.tenants.has(slug) && !broken.has(slug)) good.delete(slug);
  for (const { slug, isConflict } of problems) if (slug !== null && isConflict) good.delete(slug);
  for (const [slug, tenant] of loaded.tenants) good.set(slug, tenant);
  for (const slug of occupied.keys()) if (!good.has(slug)) occupied.delete(slug);
  for (const [slug, places] of loaded.occupied) occupied.set(slug, places);
  const files = new Set(problems.map(({ file }) => file));
  for (const file of slugs.keys()) if (!files.has(file)) slugs.delete(file);
  for (const [slug, file] of loaded.fileOfSlug) if (!files.has(file)) slugs.set(file, slug);
  for (const { file, slug, saysSlug } of problems) if (slug !== null && saysSlug) slugs.set(file, slug);
  for (const { file, error } of problems) log.error({ file, hint: error.hint }, error.message);
  return problems;
}
