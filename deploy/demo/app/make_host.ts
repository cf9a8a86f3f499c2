// Makes the configuration of a tenant host in a folder: agent.yaml, tenants.d, and the folders of the agent.
import { chmod, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { writeYaml } from '../write_yaml.js';

export interface DemoHost {
  name: string;
  folder: string;
  /** The path of agent.yaml. */
  configFile: string;
  stateFolder: string;
  logFolder: string;
}

/** An agent of the demo: the wrapper that runs it, its host, and its log. */
export interface DemoAgent {
  program: string;
  host: DemoHost;
  logFile: string;
}

/** Makes a host without tenants. `keys` are added to agent.yaml and win over its default keys. */
export async function makeHost({
  name = 'demo-host',
  folder,
  keys = {},
}: {
  name?: string;
  folder: string;
  keys?: object;
}): Promise<DemoHost> {
  const host = {
    name,
    folder,
    configFile: path.join(folder, 'etc/agent.yaml'),
    stateFolder: path.join(folder, 'state'),
    logFolder: path.join(folder, 'log'),
  };
  await mkdir(tenantsFolder(folder), { recursive: true, mode: 0o755 });
  await mkdir(host.stateFolder, { mode: 0o700 });
  await mkdir(host.logFolder, { mode: 0o755 });
  // mkdtemp closes the folder to other users, but tenants of other users are in it.
  await chmod(folder, 0o755);
  const own = { host: name, state_dir: host.stateFolder, log_dir: host.logFolder };
  await writeYaml(host.configFile, { ...own, ...keys });
  return host;
}

/** The folder of the tenant files, for the host in `folder`. */
export function tenantsFolder(folder: string): string {
  return path.join(folder, 'etc/tenants.d');
}
