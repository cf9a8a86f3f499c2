// Loads the configuration of this host: agent.yaml, and every tenant file beside it.
import path from 'node:path';
import { type AppError, toAppError } from '../../shared/errors.js';
import type { User } from '../command/spec.js';
import { resolveAgentConfig, type AgentConfig } from './agent_config.js';
import { checkTrustedFile, type FileKind } from '../../shared/os/trusted/read_file.js';
import { configError, forKey } from '../../shared/config/config_source.js';
import { createWorkQueue } from '../../shared/os/work_queue.js';
import { loadTenant } from './load_tenant.js';
import { readYaml } from '../../shared/config/yaml.js';
import type { TenantConfig } from './tenant_config.js';
import { readTenantSources } from './tenant_sources.js';

export interface TenantProblem {
  file: string;
  /** The tenant whose file it is; null where neither the file nor its name says that. */
  slug: string | null;
  /** False where the slug is only the file's name: then the file may have said another one before. */
  saysSlug: boolean;
  error: AppError;
}

export interface LoadedTenants {
  /** By slug. */
  tenants: Map<string, TenantConfig>;
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
  const config = resolveAgentConfig(absolute, source);
  const { secret_file: secretFile, ca_file: caFile } = config.controller ?? {};
  await forKey(source, ['controller', 'secret_file'], () => checkFile(secretFile, 'secret'));
  await forKey(source, ['controller', 'ca_file'], () => checkFile(caFile, 'config'));
  return config;
}

async function checkFile(file: string | undefined, kind: FileKind): Promise<void> {
  if (file !== undefined) await checkTrustedFile(file, kind);
}

/** How many tenants are checked at the same time: each check is a process, and a hostile tenant makes it last. */
const maxChecks = 8;

/**
 * Reads every tenant file, in order of name. May be called again whenever they change. A broken file does not affect
 * the others. `agentUser` is the agent's own account. Throws AppError `config` only when the folder itself cannot be
 * read, and the signal's reason.
 */
export async function loadTenants(
  agent: AgentConfig,
  agentUser: User,
  signal: AbortSignal = new AbortController().signal,
): Promise<LoadedTenants> {
  const tenants = new Map<string, TenantConfig>();
  const problems: TenantProblem[] = [];
  const fileOfSlug = new Map<string, string>();
  const runQueued = createWorkQueue(maxChecks);
  const files = await readTenantSources(agent);
  const loading = files.map(async ({ file, slug, source, unfilled, error }) => {
    if (source === null) throw error;
    const other = slug === null ? undefined : fileOfSlug.get(slug);
    if (slug !== null && other !== undefined) {
      throw configError(source, [{ path: ['slug'], what: `${slug} is the slug of ${other} too` }], {
        hint: 'give each tenant a slug of its own, or remove one of the files',
      });
    }
    // A broken file reserves its slug too: to fix it must not move the slug from one file to another.
    if (slug !== null) fileOfSlug.set(slug, file);
    return runQueued(() => loadTenant({ source, unfilled }, { logRoot: agent.log_dir, agentUser, signal }));
  });
  for (const [index, outcome] of (await Promise.allSettled(loading)).entries()) {
    const { file = '', slug = null, saysSlug = false, source = null } = files[index] ?? {};
    const isOthers = source === null && slug !== null && fileOfSlug.has(slug);
    if (outcome.status === 'fulfilled') tenants.set(outcome.value.slug, outcome.value);
    else problems.push({ file, slug: isOthers ? null : slug, saysSlug, error: toAppError(outcome.reason) });
  }
  signal.throwIfAborted();
  return { tenants, problems, fileOfSlug, warnings: [...findSharedGroups(tenants.values())] };
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
