// One tenant's configuration, checked against the host that it is for.
import path from 'node:path';
import { createProbe } from '../command/probe.js';
import type { User } from '../command/spec.js';
import { findUser } from '../command/user.js';
import { checkTrustedFolder } from '../../shared/os/trusted/folder.js';
import { checkTrustedFile, readTrustedFile, type FileKind } from '../../shared/os/trusted/read_file.js';
import {
  collectProblems,
  type ConfigProblem,
  type ConfigSource,
  type FoundProblems,
  type KeyPath,
} from '../../shared/config/config_source.js';
import { AppError } from '../../shared/errors.js';
import { checkFolders } from './check_folders.js';
import type { Occupied, OccupiedPlace } from './find_conflicts.js';
import { findUnits } from './find_units.js';
import { loadAccounts } from './load_accounts.js';
import { parseEnvironmentFile } from './environment.js';
import { parseTenant, type RightKeys } from './parse_tenant.js';
import { resolveTenant, type TenantConfig } from './tenant_config.js';

/** The folder of all tenants' logs, the agent's own account, and how long the looks may go on. */
export interface TenantHost {
  logRoot: string;
  agentUser: User;
  signal: AbortSignal;
}

export interface LoadedTenant {
  config: TenantConfig;
  occupied: Occupied;
  source: ConfigSource;
}

/** The resolved configuration of a file that could be read. Throws AppError `config` with all that is wrong in it. */
export async function loadTenant(
  { file: name, source, unfilled }: { file: string; source: ConfigSource; unfilled: readonly ConfigProblem[] },
  host: TenantHost,
): Promise<LoadedTenant> {
  const found = collectProblems(source);
  const file = parseTenant(source, { unfilled, found });
  const { user: userName, log_dir: ownLogDir, slug = '' } = file;
  const user = userName === undefined ? null : await found.forKey(['user'], () => findUser(userName));
  const { accounts, places } = await checkPlaces(file, found, { ...host, user });
  for (const { key, name, kind } of filesOfTheAgent(file)) {
    await found.forKey(key, () => checkTrustedFile(name, kind));
  }
  const environment = (await found.forKey(['environment_file'], () => readEnvironmentFile(file))) ?? {};
  const logDir = ownLogDir ?? path.join(host.logRoot, slug);
  await found.forKey(['log_dir'], () => checkTrustedFolder(logDir, { mayBeMissing: true }));
  found.throwIfAny();
  if (user === null) throw new AppError('internal', 'a tenant file without a user was taken as right');
  const config = resolveTenant({ raw: { ...source.value }, user, accounts, environment, log_dir: logDir });
  const units = await findUnits(config, found.locate);
  return { config, occupied: { slug: config.slug, file: name, places: [...places, ...units] }, source };
}

/** Nothing of the tenant's folders is looked at without both of them, and the user. */
async function checkPlaces(
  file: RightKeys,
  found: FoundProblems,
  { agentUser, signal, user }: TenantHost & { user: User | null },
): Promise<{ accounts: Record<string, User>; places: OccupiedPlace[] }> {
  const { app_dir, data_dir } = file;
  if (app_dir === undefined || data_dir === undefined) return { accounts: {}, places: [] };
  const named = { ...file, app_dir, data_dir };
  const probe = createProbe({ agentUid: agentUser.uid, signal });
  const places = user === null ? [] : await checkFolders(named, found, { user, probe });
  return { accounts: await loadAccounts(named, found, agentUser), places };
}

interface AgentsFile {
  key: KeyPath;
  name: string;
  kind: FileKind;
}

/** The files named by a tenant file that hold secrets or define what is trusted. */
function filesOfTheAgent({ repo_auth: auth, trust = 'any-tag' }: RightKeys): AgentsFile[] {
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

async function readEnvironmentFile({ environment_file: name }: RightKeys): Promise<Record<string, string>> {
  if (name === undefined) return {};
  return parseEnvironmentFile(name, (await readTrustedFile(name, 'environment')).toString());
}
