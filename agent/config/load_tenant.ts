// One tenant's configuration, checked against the host that it is for.
import path from 'node:path';
import { createProbe } from '../command/probe.js';
import type { User } from '../command/spec.js';
import { findUser } from '../command/user.js';
import { checkTrustedFolder } from '../../shared/os/trusted/folder.js';
import { checkTrustedFile, readTrustedFile, type FileKind } from '../../shared/os/trusted/read_file.js';
import { forKey, type ConfigSource, type KeyPath } from '../../shared/config/config_source.js';
import { checkFolders } from './check_folders.js';
import { loadAccounts } from './load_accounts.js';
import { parseEnvironmentFile } from './environment.js';
import { parseConfig } from '../../shared/config/parse_config.js';
import { resolveTenant, tenantFileSchema, type TenantConfig, type TenantFile } from './tenant_config.js';

/**
 * The resolved configuration. `source` holds the tenant's keys with the defaults merged in, `logRoot` the folder of
 * all tenants' logs. Throws AppError `config` naming file, line and key.
 */
export async function loadTenant(
  source: ConfigSource,
  { logRoot, agentUser, signal }: { logRoot: string; agentUser: User; signal: AbortSignal },
): Promise<TenantConfig> {
  const file = parseConfig(tenantFileSchema, source);
  const user = await forKey(source, ['user'], () => findUser(file.user));
  await checkFolders(source, { file, looking: { user, probe: createProbe({ agentUid: agentUser.uid, signal }) } });
  for (const { key, name, kind } of filesOfTheAgent(file)) {
    await forKey(source, key, () => checkTrustedFile(name, kind));
  }
  const accounts = await loadAccounts(file, source, agentUser);
  const environment = await forKey(source, ['environment_file'], () => readEnvironmentFile(file));
  const logDir = file.log_dir ?? path.join(logRoot, file.slug);
  await forKey(source, ['log_dir'], () => checkTrustedFolder(logDir, { mayBeMissing: true }));
  return resolveTenant({ raw: { ...source.value }, user, accounts, environment, log_dir: logDir });
}

interface AgentsFile {
  key: KeyPath;
  name: string;
  kind: FileKind;
}

/** The files named by a tenant file that hold secrets or define what is trusted. */
function filesOfTheAgent({ repo_auth: auth, trust }: TenantFile): AgentsFile[] {
  const files: AgentsFile[] = [];
  if (auth !== undefined && 'token_file' in auth) {
    files.push({ key: ['repo_auth', 'token_file'], name: auth.token_file, kind: 'secret' });
    if (auth.ca_file !== undefined) files.push({ key: ['repo_auth', 'ca_file'], name: auth.ca_file, kind: 'config' });
  }
  if (auth !== undefined && 'ssh_key' in auth) {
    files.push({ key: ['repo_auth', 'ssh_key'], name: auth.ssh_key, kind: 'secret' });
    files.push({ key: ['repo_auth', 'known_hosts'], name: auth.known_hosts, kind: 'config' });
  }
  if (trust !== 'any-tag') files.push({ key: ['trust', 'signed_by'], name: trust.signed_by, kind: 'config' });
  return files;
}

async function readEnvironmentFile({ environment_file: name }: TenantFile): Promise<Record<string, string>> {
  if (name === undefined) return {};
  return parseEnvironmentFile(name, (await readTrustedFile(name, 'environment')).toString());
}
