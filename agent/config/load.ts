// Loads the configuration of this host: agent.yaml, and every tenant file beside it.
import path from 'node:path';
import { type AppError, toAppError } from '../../shared/errors.js';
import { createProbe } from '../command/probe.js';
import type { User } from '../command/spec.js';
import { rememberUsers } from '../command/user.js';
import { createPlaceFinder } from '../tenant/find_places.js';
import { resolveAgentConfig, type AgentConfig } from './agent_config.js';
import { checkTrustedFile, type FileKind } from '../../shared/os/trusted/read_file.js';
import { configError, forKey, type ConfigSource } from '../../shared/config/config_source.js';
import { createWorkQueue } from '../../shared/os/work_queue.js';
import { findConflicts, type Occupied } from './host_checks/find_conflicts.js';
import { listTenantFiles } from './list_tenant_files.js';
import { loadTenant, type LoadedTenant } from './host_checks/load_tenant.js';
import { readYaml } from '../../shared/config/yaml.js';
import type { TenantConfig } from './tenant_file/tenant_config.js';
import { readTenantSources } from './tenant_sources.js';

export interface TenantProblem {
  file: string;
  /** The tenant whose file it is; null where neither the file nor its name says that. */
  slug: string | null;
  /** False where the slug is only the file's name: then the file may have said another one before. */
  saysSlug: boolean;
  /** True where it shares something with another tenant: then not even an older state of it may be used. */
  isConflict: boolean;
  error: AppError;
}

export interface LoadedTenants {
  /** By slug. */
  tenants: Map<string, TenantConfig>;
  /** By slug, what each of them occupies. */
  occupied: Map<string, Occupied>;
  problems: TenantProblem[];
  /** By slug, of each file that has one; a broken file counts too. */
  fileOfSlug: Map<string, string>;
  /** What an operator should know of tenants that can be used all the same. */
  warnings: string[];
}

/** Reads agent.yaml; a relative path is taken from the working directory. Throws AppError `config`. */
export async function loadAgentConfig(file: string): Promise<AgentConfig> {
  const absolute = path.resolve(file);
  const source = await readYaml(absolute);
  refuseOldKey(source);
  const config = resolveAgentConfig(absolute, source);
  const { ca_file: caFile, proxy } = config.controller ?? {};
  await forKey(source, ['controller', 'ca_file'], () => checkFile(caFile, 'config'));
  await forKey(source, ['controller', 'proxy', 'password_file'], () => checkFile(proxy?.password_file, 'secret'));
  return config;
}

/** The secret that all agents had in common, before each host had a key. */
function refuseOldKey(source: ConfigSource): void {
  const { controller } = source.value;
  if (typeof controller !== 'object' || controller === null || !('secret_file' in controller)) return;
  const what = 'agents have no secret in common any more; each host has a key of its own';
  throw configError(source, [{ path: ['controller', 'secret_file'], what }], {
    hint: 'remove it, make a join token (`drover join-tokens create`), and run `drover-agent enroll` on this host',
  });
}

async function checkFile(file: string | undefined, kind: FileKind): Promise<void> {
  if (file !== undefined) await checkTrustedFile(file, kind);
}

/** How many tenants' other files are checked at the same time: more would only take more memory. */
const maxChecks = 8;

export interface LoadOptions {
  /** Tenant files beside those of the folder. */
  extraFiles?: readonly string[];
  signal?: AbortSignal;
  /** By slug, what the tenants occupy whose last good state is used where their file is broken now. */
  inUse?: ReadonlyMap<string, Occupied>;
}

/**
 * Reads every tenant file, in order of name. May be called again whenever they change. A broken file does not affect
 * the others; tenants that share something are all refused. `agentUser` is the agent's own account. Throws AppError
 * `config` only when the folder itself cannot be read, and the signal's reason.
 */
export async function loadTenants(
  agent: AgentConfig,
  agentUser: User,
  { signal = new AbortController().signal, inUse = new Map(), extraFiles = [] }: LoadOptions = {},
): Promise<LoadedTenants> {
  const loaded = new Map<string, LoadedTenant & { file: string }>();
  const problems: TenantProblem[] = [];
  const fileOfSlug = new Map<string, string>();
  const host = {
    runQueued: createWorkQueue(maxChecks),
    logRoot: agent.log_dir,
    agentUser,
    findUser: rememberUsers(),
    findPlaces: createPlaceFinder(createProbe({ agentUid: agentUser.uid, signal })),
  };
  const files = await readTenantSources(agent, [
    ...new Set([...(await listTenantFiles(agent.tenants_dir)), ...extraFiles]),
  ]);
  const loading = files.map(async ({ file, slug, source, unfilled, error }) => {
    if (source === null) throw error;
    reserveSlug(source, { file, slug, fileOfSlug });
    return loadTenant({ file, source, unfilled }, host);
  });
  for (const [index, outcome] of (await Promise.allSettled(loading)).entries()) {
    const { file = '', slug = null, saysSlug = false, source = null } = files[index] ?? {};
    const isOthers = source === null && slug !== null && fileOfSlug.has(slug);
    if (outcome.status === 'fulfilled') loaded.set(outcome.value.config.slug, { file, ...outcome.value });
    else {
      const error = toAppError(outcome.reason);
      problems.push({ file, slug: isOthers ? null : slug, saysSlug, isConflict: false, error });
    }
  }
  signal.throwIfAborted();
  problems.push(...refuseConflicts(loaded, problems, inUse));
  const tenants = new Map([...loaded].map(([slug, { config }]) => [slug, config]));
  const occupied = new Map([...loaded].map(([slug, { occupied }]) => [slug, occupied]));
  return { tenants, occupied, problems, fileOfSlug, warnings: [...findSharedGroups(tenants.values())] };
}

/** A broken file reserves its slug too: to fix it must not move the slug from one file to another. */
function reserveSlug(
  source: ConfigSource,
  { file, slug, fileOfSlug }: { file: string; slug: string | null; fileOfSlug: Map<string, string> },
): void {
  if (slug === null) return;
  const other = fileOfSlug.get(slug);
  if (other === undefined) {
    fileOfSlug.set(slug, file);
    return;
  }
  throw configError(source, [{ path: ['slug'], what: `${slug} is the slug of ${other} too` }], {
    hint: 'give each tenant a slug of its own, or remove one of the files',
  });
}

/** Takes the tenants that share something out of `loaded`, and gives their problems. */
function refuseConflicts(
  loaded: Map<string, LoadedTenant & { file: string }>,
  problems: readonly TenantProblem[],
  inUse: ReadonlyMap<string, Occupied>,
): TenantProblem[] {
  const broken = problems.flatMap(({ slug }) => (slug === null || loaded.has(slug) ? [] : (inUse.get(slug) ?? [])));
  const found = findConflicts([...[...loaded.values()].map(({ occupied }) => occupied), ...broken]);
  return [...found].map(([slug, conflicts]) => {
    const tenant = loaded.get(slug);
    const file = tenant?.file ?? problems.find((problem) => problem.slug === slug)?.file ?? '';
    const source = tenant?.source ?? { value: {}, locate: () => file };
    loaded.delete(slug);
    const error = configError(source, conflicts, {
      hint: 'give each tenant folders, databases, backups and units of its own (in a default, write {slug}), or remove one of the files',
      outside: {
        message: `${slug} shares a folder, a database, a backup or a unit with another tenant of its host`,
        hint: '`drover-agent check` there names both.',
      },
    });
    return { file, slug, saysSlug: true, isConflict: true, error };
  });
}

/**
 * Exports and logs are readable by the primary group of the tenant's user, so two users of one group can read each
 * other's.
 */
function* findSharedGroups(tenants: Iterable<TenantConfig>): Iterable<string> {
  const groups = new Map<number, Map<number, TenantConfig>>();
  for (const tenant of tenants) {
    const users = groups.get(tenant.user.gid) ?? new Map<number, TenantConfig>();
    groups.set(tenant.user.gid, users.set(tenant.user.uid, tenant));
  }
  for (const [gid, users] of groups) {
    if (users.size < 2) continue;
    const names = [...users.values()].map(({ user, slug }) => `${user.name} (${slug})`).toSorted();
    yield `${names.join(', ')} have one primary group (${gid}), so each can read the others' logs and release hooks; give each a group of its own: usermod --gid GROUP USER`;
  }
}
