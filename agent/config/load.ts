// Loads the configuration of this host: agent.yaml, and every tenant file beside it.
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { AppError, toAppError } from '../../shared/errors.js';
import type { User } from '../command/spec.js';
import { resolveAgentConfig, type AgentConfig } from './agent_config.js';
import { checkPermissions, type FileKind } from '../../shared/config/check_permissions.js';
import { configError, forKey, mergeSources } from '../../shared/config/config_source.js';
import { loadTenant } from './load_tenant.js';
import { readYaml } from '../../shared/config/yaml.js';
import type { TenantConfig } from './tenant_config.js';

export interface TenantProblem {
  file: string;
  /** Null when the file has no readable slug. */
  slug: string | null;
  error: AppError;
}

export interface LoadedTenants {
  /** By slug. */
  tenants: Map<string, TenantConfig>;
  problems: TenantProblem[];
  /** By slug, of each file that has one; a broken file counts too. */
  fileOfSlug: Map<string, string>;
}

/** Reads agent.yaml; a relative path is taken from the working directory. Throws AppError `config`. */
export async function loadAgentConfig(file: string): Promise<AgentConfig> {
  const absolute = path.resolve(file);
  await checkPermissions(absolute, 'config', {
    missingHint: `create ${absolute} (\`{}\` is enough), or name the right file`,
  });
  const source = await readYaml(absolute);
  const config = resolveAgentConfig(absolute, source);
  const { secret_file: secretFile, ca_file: caFile } = config.controller ?? {};
  await forKey(source, ['controller', 'secret_file'], () => checkFile(secretFile, 'secret'));
  await forKey(source, ['controller', 'ca_file'], () => checkFile(caFile, 'config'));
  return config;
}

async function checkFile(file: string | undefined, kind: FileKind): Promise<void> {
  if (file !== undefined) await checkPermissions(file, kind);
}

/**
 * Reads every tenant file, in order of name. May be called again whenever they change. A broken file does not affect
 * the others. `agentUser` is the agent's own account. Throws AppError `config` only when the folder itself cannot be
 * read.
 */
export async function loadTenants(agent: AgentConfig, agentUser: User): Promise<LoadedTenants> {
  const tenants = new Map<string, TenantConfig>();
  const problems: TenantProblem[] = [];
  const fileOfSlug = new Map<string, string>();
  for (const file of await listTenantFiles(agent.tenants_dir)) {
    let slug: string | null = null;
    try {
      await checkPermissions(file, 'config');
      const source = mergeSources(await readYaml(file), agent.tenant_defaults);
      slug = typeof source.value['slug'] === 'string' ? source.value['slug'] : null;
      const other = slug === null ? undefined : fileOfSlug.get(slug);
      if (slug !== null && other !== undefined) {
        throw configError(source, [{ path: ['slug'], what: `${slug} is the slug of ${other} too` }], {
          hint: 'give each tenant a slug of its own, or remove one of the files',
        });
      }
      // A broken file reserves its slug too: to fix it must not move the slug from one file to another.
      if (slug !== null) fileOfSlug.set(slug, file);
      const tenant = await loadTenant(source, { logRoot: agent.log_dir, agentUser });
      tenants.set(tenant.slug, tenant);
    } catch (error) {
      problems.push({ file, slug, error: toAppError(error) });
    }
  }
  return { tenants, problems, fileOfSlug };
}

async function listTenantFiles(folder: string): Promise<string[]> {
  try {
    const names = await readdir(folder);
    // A name that begins with a dot is an editor's copy.
    const wanted = names.filter((name) => /\.ya?ml$/.test(name) && !name.startsWith('.'));
    return wanted.toSorted().map((name) => path.join(folder, name));
  } catch (error) {
    throw new AppError('config', `tenants_dir: ${folder} cannot be read: ${toAppError(error).message}`, {
      cause: error,
      hint: `create it: mkdir --mode=0755 ${folder}`,
    });
  }
}
