// A tenant of an app of the test's own, and an agent in this process that upgrades it.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { systemClock } from '../../../shared/os/clock.js';
import { startAgent } from '../../../agent/agent.js';
import { loadAgentConfig } from '../../../agent/config/load.js';
import type { UpgradeRequest } from '../../../shared/model/request.js';
import { createLog } from '../../../shared/os/log.js';
import { makeHost, tenantsFolder } from '../../../deploy/demo/app/make_host.js';
import { writeYaml } from '../../../deploy/demo/write_yaml.js';
import { clonePartly, cloneRepository, makeRepository, type TestRepository } from '../../helpers/git/git_repository.js';
import { findLastingProcesses } from '../../helpers/agent/host_processes.js';
import { connectClient, type FollowedStream } from '../../helpers/agent/upgrade_client.js';

export interface TenantPlace {
  folder: string;
  appDir: string;
  dataDir: string;
  /** The tenant's account, by name. */
  user: string;
  /** The app's repository; releases are for the test to make. */
  repository: TestRepository;
  /** Removes it all. Throws when something of it was left running. */
  remove(): Promise<void>;
}

/** A place for a tenant that is not there yet. */
export async function makePlace(user: string, objectFormat: 'sha1' | 'sha256' = 'sha1'): Promise<TenantPlace> {
  const folder = await mkdtemp(path.join(tmpdir(), 'drover-tenant-'));
  await chmod(folder, 0o755);
  const [appDir, dataDir] = [path.join(folder, 'testsite/app'), path.join(folder, 'testsite/data')];
  mkdirSync(dataDir, { recursive: true });
  return {
    folder,
    appDir,
    dataDir,
    user,
    repository: makeRepository(path.join(folder, 'app.git'), objectFormat),
    async remove() {
      const left = await findLastingProcesses(folder);
      await rm(folder, { recursive: true, force: true });
      if (left.length > 0) throw new Error(`left running: ${left.map(({ command }) => command).join('\n')}`);
    },
  };
}

/** Puts the tenant at `version`, cloned with these options of git; all in its folder is its own. */
export function installTenant(
  { repository, appDir, user }: TenantPlace,
  version: string,
  cloneOptions: readonly string[] = [],
): void {
  if (cloneOptions.length === 0) cloneRepository(repository, appDir, version);
  else clonePartly(repository, appDir, { version, options: cloneOptions });
  execFileSync('chown', ['--recursive', `${user}:`, path.dirname(appDir)]);
}

export interface RunningHost {
  /** Runs an upgrade to its end. */
  upgrade(wish: Partial<UpgradeRequest>): Promise<FollowedStream>;
  /** Rolls the latest upgrade back, to the end of the rollback; it must have ended once. */
  rollBack(): Promise<FollowedStream>;
  stop(): Promise<void>;
}

/** Starts an agent for the tenant, of which the file says `keys` besides. */
export async function startHost(place: TenantPlace, keys: Readonly<Record<string, unknown>>): Promise<RunningHost> {
  const { folder, appDir, dataDir, user, repository } = place;
  const host = await makeHost({ folder: path.join(folder, 'host') });
  const own = { slug: 'testsite', app_dir: appDir, data_dir: dataDir, user, repo: repository.url, trust: 'any-tag' };
  const none = { services: 'none', database: 'none', requirements: 'none', migrations: 'none', health: 'none' };
  await writeYaml(path.join(tenantsFolder(host.folder), 'testsite.yaml'), { ...own, ...none, ...keys });
  const config = await loadAgentConfig(host.configFile);
  const agent = await startAgent({
    config,
    log: createLog('agent', 'error'),
    clock: systemClock,
    agentVersion: 'test',
    hasUplink: false,
    tellStatus() {},
  });
  const client = await connectClient(path.join(host.stateFolder, 'agent.sock'), 'testsite');
  return {
    upgrade: async (wish) => client.follow(await client.ask(wish)),
    rollBack: async () =>
      client.follow(await client.command({ type: 'rollback', restore_database: false }), { finishes: 2 }),
    async stop() {
      client.close();
      await agent.stop();
    },
  };
}
