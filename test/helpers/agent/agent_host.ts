// A tenant host for end-to-end tests: an app repository, a tenant with its service, and an agent process, in one folder.
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import type { Membership } from '../../../agent/store/identity.js';
import type { Clock } from '../../../shared/os/clock.js';
import type { UpgradeRequest } from '../../../shared/model/request.js';
import { addRelease, makeAppRepository, type AppRepository } from '../../../deploy/demo/app/make_app_repository.js';
import { makeHost } from '../../../deploy/demo/app/make_host.js';
import { controlTenant, makeTenant, type DemoTenant } from '../../../deploy/demo/app/make_tenant.js';
import { waitUntilHealthy } from '../../../deploy/demo/app/notes_client.js';
import { runProgram } from '../../../deploy/demo/run_program.js';
import { writeYaml } from '../../../deploy/demo/write_yaml.js';
import { startAgentInProcess } from './agent_in_process.js';
import { spawnAgent, type AgentProcess } from './agent_process.js';
import { giveIdentity, makeMember } from '../controller/join_host.js';
import { findFixedPort } from '../free_port.js';
import { findLastingProcesses, type HostProcess } from './host_processes.js';
import { lookAtTenant, type TenantView } from './look_at_tenant.js';
import { connectClient, type FollowedStream, type UpgradeClient } from './upgrade_client.js';

/** An app repository, and a tenant at v0.1.0 that does not run, to be copied for each case. */
export interface HostTemplate {
  folder: string;
  repository: AppRepository;
  tenant: DemoTenant;
  remove(): Promise<void>;
}

type SpawnOptions = Omit<Parameters<typeof spawnAgent>[0], 'configFile' | 'logFile'>;

export interface AgentHost {
  folder: string;
  stateFolder: string;
  logFolder: string;
  tenant: DemoTenant;
  /** Starts the agent and returns once it is ready. `env` is added to its environment. */
  start(options?: Pick<SpawnOptions, 'env' | 'bootIdFile' | 'fault' | 'inherited'>): Promise<AgentProcess>;
  /** Starts the agent and does not wait; it may be one that kills itself (see `spawnAgent`). */
  spawn(options?: SpawnOptions): AgentProcess;
  /** Ends the agents that run, in order. */
  stop(): Promise<void>;
  /** A connection to the running agent, which `close` closes. */
  connect(): Promise<UpgradeClient>;
  /** Runs an upgrade of the tenant to its end. */
  upgrade(wish: Partial<UpgradeRequest>): Promise<FollowedStream>;
  look(): Promise<TenantView>;
  /** Ends agent and service, and removes the folder. Returns the processes that are left, normally none. */
  close(): Promise<HostProcess[]>;
}

/** Makes the template; `user` is the tenant's account, the caller's own without it. */
export async function makeTemplate(options: { user?: string } = {}): Promise<HostTemplate> {
  const folder = await makeFolder();
  const repository = await makeAppRepository(path.join(folder, 'notes.git'));
  const wish = { folder: path.join(folder, 'host'), slug: 'testsite', repository, version: 'v0.1.0', ...options };
  await makeHost({ folder: wish.folder });
  const tenant = await makeTenant({ ...wish, port: await findFixedPort() });
  await controlTenant(tenant, 'stop');
  return { folder, repository, tenant, remove: () => rm(folder, { recursive: true }) };
}

/** Tags a release that stands on `base`; `files` as `addRelease` takes them. */
export async function addReleaseOn(
  repository: AppRepository,
  { base, tag }: { base: string; tag: string },
  files: Readonly<Record<string, string>>,
): Promise<void> {
  await runProgram(['git', 'checkout', '--quiet', '-B', 'side', base], { cwd: repository.folder });
  await addRelease(repository, tag, files);
}

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'drover-e2e-'));
  // Tenants of another user need execute permission.
  await chmod(folder, 0o755);
  return folder;
}

/** What the keys of a tenant file may depend on. */
export interface TenantPlace {
  dataDir: string;
  stateFolder: string;
  /** The URL of the health check. */
  health: string;
}

export interface HostWish {
  /** Added to the tenant file; they replace what it says otherwise. */
  makeKeys?: (place: TenantPlace) => Readonly<Record<string, unknown>>;
  /** What the host is to the controller in `agentKeys`; by default what one of tests takes that stores nothing. */
  member?: Membership;
  /** Added to agent.yaml. */
  agentKeys?: Readonly<Record<string, unknown>>;
  /** The folder of the host, by default a new one; and the folder of the agent's state, by default inside it. */
  folder?: string;
  stateFolder?: string;
  /** The folder of the agent's own log, by default inside the host's. */
  agentLog?: string;
  /** False leaves the tenant's service stopped. */
  hasService?: boolean;
  /** `start` without options starts the agent in the test's own process. */
  inProcess?: boolean;
  /** The clock of an agent in the test's own process. */
  clock?: Clock;
}

const controllerKeys = z.looseObject({ controller: z.looseObject({ url: z.string() }).optional() });

/** Copies the template and starts its service (see `options`). The test starts the agent. */
export async function makeAgentHost(template: HostTemplate, wish: HostWish = {}): Promise<AgentHost> {
  const folder = wish.folder ?? (await makeFolder());
  await runProgram(['cp', '--archive', path.join(template.folder, 'host'), folder], { cwd: '/' });
  const host = path.join(folder, 'host');
  const stateFolder = wish.stateFolder ?? path.join(host, 'state');
  const logFolder = path.join(host, 'log');
  const tenant = moveTenant(template, { host, port: await findFixedPort() });
  const place = { dataDir: tenant.dataDir, stateFolder, health: `${tenant.url}/health` };
  const agentFile = path.join(host, 'etc/agent.yaml');
  await writeYaml(agentFile, { host: 'test-host', state_dir: stateFolder, log_dir: logFolder, ...wish.agentKeys });
  const { controller } = controllerKeys.parse(wish.agentKeys ?? {});
  if (controller !== undefined) {
    await mkdir(stateFolder, { recursive: true, mode: 0o711 });
    await giveIdentity(stateFolder, { url: controller.url, member: wish.member ?? makeMember('test-host') });
  }
  await writeYaml(tenant.configFile, { ...tenant.keys, ...wish.makeKeys?.(place) });
  await writeFile(path.join(tenant.dataDir, 'port'), `${tenant.port}\n`);
  if (wish.hasService !== false) {
    await controlTenant(tenant, 'start');
    await waitUntilHealthy(tenant.url);
  }

  const socket = path.join(stateFolder, 'agent.sock');
  const agents: AgentProcess[] = [];
  const clients: UpgradeClient[] = [];
  // In another folder: a test may remove the host's disk.
  const ownLogFolder = await mkdtemp(path.join(tmpdir(), 'drover-log-'));
  const logFile = wish.agentLog ?? path.join(ownLogFolder, 'agent.log');
  const spawn: AgentHost['spawn'] = (options = {}) => {
    const agent = spawnAgent({ configFile: agentFile, logFile, ...options });
    agents.push(agent);
    return agent;
  };
  const connect = async () => {
    const client = await connectClient(socket, tenant.slug);
    clients.push(client);
    return client;
  };
  const stop = async () => {
    for (const agent of agents) await agent.end('SIGTERM');
  };
  return {
    folder,
    stateFolder,
    logFolder,
    tenant,
    connect,
    spawn,
    async start(options) {
      if (wish.inProcess === true && options === undefined) {
        const inner = await startAgentInProcess(agentFile, wish.clock);
        agents.push(inner);
        return inner;
      }
      const agent = spawn(options);
      if (!(await agent.ready)) throw new Error(`the agent did not start: ${readFileSync(logFile, 'utf8')}`);
      return agent;
    },
    async upgrade(wished) {
      const client = await connect();
      return client.follow(await client.ask(wished));
    },
    stop,
    look: () => lookAtTenant(tenant, stateFolder),
    async close() {
      for (const client of clients) client.close();
      await stop();
      if (existsSync(path.join(tenant.appDir, 'bin/ctl'))) await controlTenant(tenant, 'stop');
      const left = await findLastingProcesses(folder);
      await rm(folder, { recursive: true, force: true });
      await rm(ownLogFolder, { recursive: true, force: true });
      return left;
    },
  };
}

function moveTenant({ folder, tenant }: HostTemplate, to: { host: string; port: number }): DemoTenant {
  const move = (name: string) => name.replace(path.join(folder, 'host'), to.host);
  const [appDir, dataDir] = [move(tenant.appDir), move(tenant.dataDir)];
  const url = `http://127.0.0.1:${to.port}`;
  return {
    ...tenant,
    ...to,
    appDir,
    dataDir,
    url,
    configFile: move(tenant.configFile),
    env: Object.fromEntries(Object.entries(tenant.env).map(([name, value]) => [name, move(value)])),
    keys: {
      ...tenant.keys,
      app_dir: appDir,
      data_dir: dataDir,
      // Short, so that tests do not wait.
      health: { url: `${url}/health`, interval: '20ms', successes: 2, timeout: '5s' },
      grace: '500ms',
    },
  };
}
