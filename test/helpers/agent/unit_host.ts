// A tenant host in a test's machine: its agent and the tenant's services run as units of that machine's systemd.
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp } from 'node:fs/promises';
import path from 'node:path';
import type { UpgradeRequest } from '../../../shared/model/request.js';
import { controlTenant, type DemoTenant } from '../../../deploy/demo/app/make_tenant.js';
import { waitUntilHealthy } from '../../../deploy/demo/app/notes_client.js';
import { writeYaml } from '../../../deploy/demo/write_yaml.js';
import { makeAgentHost, type AgentHost, type HostTemplate } from './agent_host.js';
import type { Machine } from '../machine/machine.js';
import { seeChange } from '../see_change.js';

/** A test's machine, its template of a host, and a folder that both machines write to. */
export interface Ground {
  machine: Machine;
  template: HostTemplate;
  folder: string;
}

export interface UnitWish {
  /** The unit files by name. The tenant file lists all of them, in order. */
  units(tenant: DemoTenant): Readonly<Record<string, string>>;
  /** Unit files that the tenant file does not list, such as templates. A listed instance of one has no file of its own: ''. */
  unlisted?: readonly string[];
  /** Listed in the tenant file as well, without a unit file. */
  missing?: readonly string[];
  /** Those that run when the upgrade comes. */
  started: readonly string[];
  /** Added to the tenant file; they replace what it says otherwise. */
  makeKeys?: (tenant: DemoTenant) => Readonly<Record<string, unknown>>;
}

export interface UnitHost {
  tenant: DemoTenant;
  connect: () => ReturnType<AgentHost['connect']>;
  upgrade: (wish: Partial<UpgradeRequest>) => ReturnType<AgentHost['upgrade']>;
  look: () => ReturnType<AgentHost['look']>;
  /** A property of a unit, as systemd prints it. */
  show: (unit: string, property: string) => Promise<string>;
  /** The ActiveState of each unit. */
  states: () => Promise<Record<string, string>>;
  /** Sends SIGKILL to the agent and returns once its successor, which systemd starts, is ready. */
  killAgent: () => Promise<void>;
  /** Ends agent and units, and removes them. Throws if processes are left. */
  close: () => Promise<void>;
}

const unitFolder = '/run/systemd/system';
const agentUnit = 'drover-agent.service';
const agentProgram = path.join(import.meta.dirname, '../../../dist/agent/main.js');

/** The `[Service]` lines that run the tenant's web service, and make it like any other program of the tenant. */
export function webService(tenant: DemoTenant, lines: readonly string[] = []): string {
  const environment = Object.entries(tenant.env).map(([name, value]) => `Environment="${name}=${value}"`);
  return [
    '[Service]',
    `User=${tenant.user.name}`,
    `WorkingDirectory=${tenant.appDir}`,
    ...environment,
    `ExecStart=${process.execPath} ${tenant.appDir}/server.mjs`,
    ...lines,
    '',
  ].join('\n');
}

/** Makes the host; agent and services run when it returns. */
export async function makeUnitHost({ machine, template, folder: above }: Ground, wish: UnitWish): Promise<UnitHost> {
  const folder = await mkdtemp(path.join(above, 'host-'));
  await chmod(folder, 0o755);
  const host = await makeAgentHost(template, { folder });
  const units = wish.units(host.tenant);
  const { unlisted = [], missing = [] } = wish;
  const names = [...Object.keys(units).filter((name) => !unlisted.includes(name)), ...missing];
  await writeYaml(host.tenant.configFile, { ...host.tenant.keys, services: names, ...wish.makeKeys?.(host.tenant) });
  await controlTenant(host.tenant, 'stop');

  const systemctl = (...words: string[]) => machine.run(['systemctl', ...words]);
  const output = path.join(folder, 'agent.out');
  const agent = agentFile({ configFile: path.join(folder, 'host/etc/agent.yaml'), output });
  const files = Object.entries({ ...units, [agentUnit]: agent }).filter(([, content]) => content !== '');
  for (const [name, content] of files) await machine.write(path.join(unitFolder, name), content);
  await systemctl('daemon-reload');
  await systemctl('start', agentUnit, ...wish.started);
  const seeReady = (times: number) => seeChange(folder, () => countReady(output) >= times);
  await seeReady(1);
  await waitUntilHealthy(host.tenant.url);

  const show: UnitHost['show'] = (unit, property) => systemctl('show', `--property=${property}`, '--value', unit);
  return {
    tenant: host.tenant,
    connect: () => host.connect(),
    upgrade: (wished) => host.upgrade(wished),
    look: () => host.look(),
    show,
    async states() {
      const states = await Promise.all(names.map(async (name) => [name, await show(name, 'ActiveState')]));
      return Object.fromEntries(states);
    },
    async killAgent() {
      const before = countReady(output);
      await systemctl('kill', '--kill-who=main', '--signal=SIGKILL', agentUnit);
      await seeReady(before + 1);
    },
    async close() {
      await systemctl('stop', agentUnit);
      const there = Object.keys(units);
      const running = there.filter((name) => !name.includes('@.'));
      await systemctl('unmask', ...running);
      // Some units refuse to stop.
      for (const name of running.filter((each) => each.endsWith('.service'))) {
        await machine.write(path.join(unitFolder, name), stoppable);
      }
      await systemctl('daemon-reload');
      await systemctl('stop', ...running);
      await machine.run(['rm', '-f', ...[...there, agentUnit].map((name) => path.join(unitFolder, name))]);
      await systemctl('daemon-reload');
      await systemctl('reset-failed');
      const left = await host.close();
      if (left.length > 0) throw new Error(`still there: ${JSON.stringify(left)}`);
    },
  };
}

/** What a service's unit file is replaced with before it is stopped. */
const stoppable = '[Service]\nExecStart=true\nKillSignal=SIGKILL\nTimeoutStopSec=1\n';

/** Commands of an upgrade outlive their agent: only its main process is ended with it. */
function agentFile({ configFile, output }: { configFile: string; output: string }): string {
  return `[Service]
ExecStart=${process.execPath} ${agentProgram} --config ${configFile} run
KillMode=process
Restart=always
RestartSec=0
StandardOutput=append:${output}
StandardError=append:${output}
`;
}

function countReady(output: string): number {
  if (!existsSync(output)) return 0;
  return readFileSync(output, 'utf8').split('the agent is ready').length - 1;
}
