// A controller and hosts with sites, each on a machine of its own, on a network of their own.
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { findPackageRoot } from '../../../deploy/demo/app/find_package_root.js';
import { writeYaml } from '../../../deploy/demo/write_yaml.js';
import { bootMachine, type Machine } from '../machine/machine.js';
import { openSwitch, type Switch } from '../machine/switch.js';
import { seeChange } from '../see_change.js';
import { makeSiteApp } from './site_app.js';
import { installSites, type SiteHost } from './site_host.js';

export interface SiteFleet {
  network: Switch;
  controller: Machine;
  /** By name; a host's name is that of its link, too. */
  hosts: ReadonlyMap<string, SiteHost>;
  /** What `drover` prints on the controller's machine, as an admin. Throws when its exit code is not 0. */
  drover(...words: string[]): Promise<string>;
  /** Ends all machines at once. */
  close(): Promise<void>;
}

const root = findPackageRoot(import.meta.dirname);
const node = (program: string) => [process.execPath, path.join(root, 'dist', program)] as const;
const quickUplink = pathToFileURL(path.join(root, 'dist/test/helpers/agent/quick_uplink.js')).href;

const network = '198.51.100';
const controllerUrl = 'http://controller:7400';
const controllerLog = '/var/log/drover-controller.log';
const controllerUnit = `[Service]
ExecStart=${node('controller/main.js').join(' ')} run
StandardError=append:${controllerLog}
Restart=always
`;

/** Boots a controller and these hosts, each with so many sites (`HOST-1` and so on). All is connected when it returns. */
export async function bootFleet(names: readonly string[], sitesPerHost: number): Promise<SiteFleet> {
  const folder = mkdtempSync(path.join(tmpdir(), 'drover-fleet-'));
  chmodSync(folder, 0o755);
  const app = makeSiteApp(path.join(folder, 'app'));
  const lan = await openSwitch();
  const machines: Machine[] = [];
  const opened: SiteHost[] = [];
  const close = async () => {
    for (const host of opened) host.close();
    await Promise.all(machines.map((machine) => machine.stop()));
    await lan.close();
    rmSync(folder, { recursive: true });
  };
  const all = ['controller', ...names];
  const nameFile = all.map((name, index) => `${network}.${index + 1} ${name}\n`).join('');
  const boot = async (name: string) => {
    const machine = await bootMachine({ readOnly: [folder], isApart: true });
    machines.push(machine);
    await machine.write('/etc/hosts', `127.0.0.1 localhost\n${nameFile}`);
    await lan.plug(machine, { name, address: `${network}.${all.indexOf(name) + 1}` });
    return machine;
  };
  try {
    const [controller, ...others] = await Promise.all(all.map((name) => boot(name)));
    if (controller === undefined) throw new Error('there is no controller');
    const drover = await startController(controller);
    const joinToken = await drover('join-tokens', 'create', '--uses', String(names.length));
    const join = async (machine: Machine, name: string) => {
      const host = await installSites(machine, {
        slugs: Array.from({ length: sitesPerHost }, (_, index) => `${name}-${index + 1}`),
        repo: app.url,
        agentKeys: { host: name, controller: { url: 'ws://controller:7400', insecure: true } },
        env: { NODE_OPTIONS: `--import=${quickUplink}` },
      });
      opened.push(host);
      const enroll = [...node('agent/main.js'), 'enroll', 'ws://controller:7400', '--token-stdin'].join(' ');
      await machine.run(['sh', '-c', `echo "$1" | ${enroll}`, 'sh', joinToken]);
      return [name, host] as const;
    };
    const hosts = await Promise.all(others.map((machine, index) => join(machine, names[index] ?? '')));
    return { network: lan, controller, hosts: new Map(hosts), drover, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Returns the CLI of an admin. */
async function startController(machine: Machine): Promise<SiteFleet['drover']> {
  mkdirSync(machine.locate('/etc/drover'));
  const keys = { listen: `${network}.1:7400`, url: controllerUrl, insecure: true };
  await writeYaml(machine.locate('/etc/drover/controller.yaml'), keys);
  await machine.run(['install', '-d', '-m', '700', '/var/lib/drover-controller']);
  await machine.write('/etc/systemd/system/drover-controller.service', controllerUnit);
  await machine.run(['systemctl', 'start', 'drover-controller.service']);
  const log = machine.locate(controllerLog);
  await seeChange(path.dirname(log), () => existsSync(log) && readFileSync(log, 'utf8').includes('is ready'));
  const token = await machine.run([...node('controller/main.js'), 'token', 'tester']);
  const env = ['env', `DROVER_URL=${controllerUrl}`, `DROVER_TOKEN=${token.trim()}`] as const;
  return (...words) => machine.run([...env, ...node('controller/cli/main.js'), ...words]);
}
