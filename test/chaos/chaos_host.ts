// A host of a chaos run: tenants of real programs, an agent that can be killed, a link that can fail, a disk that fills up.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AppRepository } from '../../deploy/demo/app/make_app_repository.js';
import { makeHost } from '../../deploy/demo/app/make_host.js';
import { controlTenant, makeTenant, type DemoTenant } from '../../deploy/demo/app/make_tenant.js';
import { writeYaml } from '../../deploy/demo/write_yaml.js';
import { spawnAgent, type AgentProcess } from '../helpers/agent/agent_process.js';
import { findLastingProcesses, findProcesses, type HostProcess } from '../helpers/agent/host_processes.js';
import { connectClient, type UpgradeClient } from '../helpers/agent/upgrade_client.js';
import { giveIdentity, joinHost } from '../helpers/controller/join_host.js';
import { startFrameProxy, type FrameProxy } from '../helpers/controller/frame_proxy.js';
import { faultyDisks } from '../helpers/faults/faulty_disks.js';
import { findFixedPort } from '../helpers/free_port.js';
import { firstVersion } from './releases.js';
import { startWriter, type Writer } from './writer.js';

export interface ChaosTenant extends DemoTenant {
  writer: Writer;
}

export interface ChaosHost {
  name: string;
  folder: string;
  stateFolder: string;
  logFolder: string;
  tenants: readonly ChaosTenant[];
  proxy: FrameProxy;
  /** The file of the agents' own log. */
  agentLog: string;
  /** Starts the agent if none runs; false where it could not start. */
  startAgent(): Promise<boolean>;
  killAgent(): Promise<void>;
  fillDisk(): void;
  mendDisk(): void;
  /** The processes of upgrades' commands that run now, with their supervisors, and without the tenants' services. */
  commands(): HostProcess[];
  /** A connection to the agent as an operator of one tenant has it; the caller closes it. */
  connect(tenant: string): Promise<UpgradeClient>;
  /** Ends all of it; returns the processes that are left, normally none. */
  close(): Promise<HostProcess[]>;
}

export interface ChaosHostWish {
  name: string;
  /** The slugs and the account of its tenants. */
  slugs: readonly string[];
  user: string;
  repository: AppRepository;
  agentUrl: string;
  joinToken: string;
  /** Where its agent dials the controller: a proxy. */
  proxyPort: number;
}

const uplink = pathToFileURL(path.join(import.meta.dirname, '../../dist/test/helpers/agent/quick_uplink.js')).href;

/** Makes the host with its tenants, their services and writers. The caller starts the agent. */
export async function openChaosHost(wish: ChaosHostWish): Promise<ChaosHost> {
  const { name, slugs, user, repository, agentUrl, joinToken } = wish;
  const above = mkdtempSync(path.join(tmpdir(), 'drover-chaos-'));
  const folder = path.join(above, 'host');
  execFileSync('chmod', ['755', above]);
  const disk = faultyDisks.room();
  const stateFolder = path.join(disk.folder, 'state');
  const proxy = await startFrameProxy(agentUrl, wish.proxyPort);
  const controller = { url: proxy.url };
  const keys = { host: name, state_dir: stateFolder, max_concurrent: 2, controller };
  const { configFile, logFolder } = await makeHost({ folder, keys });
  await mkdir(stateFolder, { recursive: true, mode: 0o711 });
  await giveIdentity(stateFolder, { url: proxy.url, member: await joinHost({ url: agentUrl, joinToken }, name) });
  const tenants: ChaosTenant[] = [];
  for (const slug of slugs) {
    const place = { folder, slug, repository, version: firstVersion, user, port: await findFixedPort() };
    const tenant = await makeTenant(place);
    await writeYaml(tenant.configFile, { ...tenant.keys, ...tenantKeys(tenant) });
    tenants.push({ ...tenant, writer: startWriter(tenant.url) });
  }

  let agent: AgentProcess | null = null;
  const agentLog = path.join(above, 'agent.log');
  const killAgent = async () => {
    await agent?.end('SIGKILL');
    agent = null;
  };
  return {
    name,
    folder,
    stateFolder,
    logFolder,
    tenants,
    proxy,
    agentLog,
    killAgent,
    async startAgent() {
      if (agent !== null) return true;
      const started = spawnAgent({ configFile, logFile: agentLog, env: { NODE_OPTIONS: `--import=${uplink}` } });
      agent = started;
      const forget = () => (agent = agent === started ? null : agent);
      void started.ended.then(forget);
      return started.ready;
    },
    fillDisk: () => void execFileSync('bash', ['-c', disk.fault]),
    mendDisk: () => disk.mend(),
    commands: () => [
      ...findProcesses(`drover-supervisor ${stateFolder}/`),
      ...findProcesses(`DATA_DIR=${folder}/`).filter(
        ({ command, cookie }) => cookie !== null && !command.includes('server.mjs') && !command.startsWith('drover-'),
      ),
    ],
    connect: (tenant) => connectClient(path.join(stateFolder, 'agent.sock'), tenant),
    async close() {
      for (const { writer } of tenants) await writer.stop();
      await agent?.end('SIGTERM');
      await proxy.close();
      for (const tenant of tenants) await controlTenant(tenant, 'stop');
      const left = [...(await findLastingProcesses(folder)), ...(await findLastingProcesses(disk.folder))];
      disk.remove();
      rmSync(above, { recursive: true, force: true });
      return left;
    },
  };
}

/** Short, so that a run has many upgrades. */
function tenantKeys({ url }: DemoTenant): Record<string, unknown> {
  return {
    health: { url: `${url}/health`, interval: '20ms', successes: 2, timeout: '4s' },
    grace: '500ms',
    allow_remote: ['rollback', 'restore-database'],
  };
}
