// One tenant's configuration, checked against the host that it is for.
import path from 'node:path';
import type { User } from '../../command/spec.js';
import type { FindUser } from '../../command/user.js';
import type { FindPlaces } from '../../tenant/find_places.js';
import { checkTrustedFolder } from '../../../shared/os/trusted/folder.js';
import { checkTrustedFile, readTrustedFile, type FileKind } from '../../../shared/os/trusted/read_file.js';
import {
  collectProblems,
  type ConfigProblem,
  type ConfigSource,
  type FoundProblems,
  type KeyPath,
} from '../../../shared/config/config_source.js';
import type { RunQueued } from '../../../shared/os/work_queue.js';
import { AppError } from '../../../shared/errors.js';
import { checkFolders } from './check_folders.js';
import type { Occupied, OccupiedPlace } from './find_conflicts.js';
import { findUnits } from './find_units.js';
import { loadAccounts } from './load_accounts.js';
import { parseEnvironmentFile } from '../tenant_file/environment.js';
import { parseTenant, type RightKeys } from '../tenant_file/parse_tenant.js';
import { resolveTenant, type TenantConfig } from '../tenant_file/tenant_config.js';

/** The folder of all tenants' logs, the agent's own account, how accounts and folders are looked up, and a queue for the rest. */
export interface TenantHost {
  logRoot: string;
  agentUser: User;
  findUser: FindUser;
  findPlaces: FindPlaces;
  runQueued: RunQueued;
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
  const { user: userName } = file;
  const user = userName === undefined ? null : await found.forKey(['user'], () => host.findUser(userName));
  // Not queued: the tenants of a user share a process as far as they wait at the same time.
  const places = user === null ? [] : await lookAtFolders(file, found, (paths) => host.findPlaces(user, paths));
  return host.runQueued(async () => {
    const { accounts, environment, logDir } = await checkOthers(file, found, host);
    found.throwIfAny();
    if (user === null) throw new AppError('internal', 'a tenant file without a user was taken as right');
    const config = resolveTenant({ raw: { ...source.value }, user, accounts, environment, log_dir: logDir });
    const units = await findUnits(config, found.locate);
    return { config, occupied: { slug: config.slug, file: name, places: [...places, ...units] }, source };
  });
}

/** Nothing of the tenant's folders is looked at without both of them. */
async function lookAtFolders(
  file: RightKeys,
  found: FoundProblems,
  find: Parameters<typeof checkFolders>[2],
): Promise<OccupiedPlace[]> {
  const { app_dir, data_dir } = file;
  return app_dir === undefined || data_dir === undefined
    ? []
    : checkFolders({ ...file, app_dir, data_dir }, found, find);
}

interface OtherFiles {
  accounts: Record<string, User>;
  /** The variables of `environment_file`. */
  environment: Record<string, string>;
  logDir: string;
}

/** What a tenant file names outside of the tenant's folders. */
async function checkOthers(file: RightKeys, found: FoundProblems, host: TenantHost): Promise<OtherFiles> {
  const { app_dir, data_dir, slug = '' } = file;
  const areFolders = app_dir !== undefined && data_dir !== undefined;
  const accounts = areFolders ? await loadAccounts({ ...file, app_dir, data_dir }, found, host) : {};
  for (const { key, name, kind } of filesOfTheAgent(file)) {
    await found.forKey(key, () => checkTrustedFile(name, kind));
  }
  const environment = (await found.forKey(['environment_file'], () => readEnvironmentFile(file))) ?? {};
  const logDir = file.log_dir ?? path.join(host.logRoot, slug);
  await found.forKey(['log_dir'], () => checkTrustedFolder(logDir, { mayBeMissing: true }));
  return { accounts, environment, logDir };
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
