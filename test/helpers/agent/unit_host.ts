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
  /** Added to the `[Service]` of the agent's unit; they replace what it says otherwise. */
  agentLines?: readonly string[];
}

export interface UnitHost {
  tenant: DemoTenant;
  /** agent.yaml. */
  configFile: string;
  connect: () => ReturnType<AgentHost['connect']>;
  upgrade: (wish: Partial<UpgradeRequest>) => ReturnType<AgentHost['upgrade']>;
  look: () => ReturnType<AgentHost['look']>;
  /** A property of a unit, as systemd prints it. */
  show: (unit: string, property: string) => Promise<string>;
  /** The ActiveState of each unit. */
  states: () => Promise<Record<string, string>>;
  /** All that the agent has logged. */
  output: () => string;
  /** Does what ends the agent, and returns once its successor is ready. */
  seeRestart: (cause: () => Promise<unknown>) => Promise<void>;
  /** Sends SIGKILL to the agent and returns once its successor, which systemd starts, is ready. */
  killAgent: () => Promise<void>;
  /** Ends agent and units, and removes them. Throws if processes are left. */
  close: () => Promise<void>;
}

const unitFolder = '/run/systemd/system';
const agentUnit = 'drover-agent.service';
const agentProgram = path.join(import.meta.dirname, '../../../dist/agent/main.js');
const shippedUnit = path.join(import.meta.dirname, '../../../deploy/systemd', agentUnit);

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
  const configFile = path.join(folder, 'host/etc/agent.yaml');
  const dropIn = agentDropIn({ configFile, output, lines: wish.agentLines ?? [] });
  const agent = { [agentUnit]: readFileSync(shippedUnit, 'utf8'), [`${agentUnit}.d/test.conf`]: dropIn };
  const files = Object.entries({ ...units, ...agent }).filter(([, content]) => content !== '');
  await machine.run(['mkdir', '--parents', path.join(unitFolder, `${agentUnit}.d`)]);
  for (const [name, content] of files) await machine.write(path.join(unitFolder, name), content);
  await systemctl('daemon-reload');
  await systemctl('start', agentUnit, ...wish.started);
  const seeRestart: UnitHost['seeRestart'] = async (cause) => {
    const before = countReady(output);
    await cause();
    await seeChange(folder, () => countReady(output) > before);
  };
  await waitUntilHealthy(host.tenant.url);

  const show: UnitHost['show'] = (unit, property) => systemctl('show', `--property=${property}`, '--value', unit);
  return {
    tenant: host.tenant,
    configFile,
    connect: () => host.connect(),
    upgrade: (wished) => host.upgrade(wished),
    look: () => host.look(),
    show,
    async states() {
      const states = await Promise.all(names.map(async (name) => [name, await show(name, 'ActiveState')]));
      return Object.fromEntries(states);
    },
    output: () => readFileSync(output, 'utf8'),
    seeRestart,
    killAgent: () => seeRestart(() => systemctl('kill', '--kill-who=main', '--signal=SIGKILL', agentUnit)),
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

/** What of the shipped unit is another for a test: the program, its configuration, and where its log goes. */
function agentDropIn({ configFile, output, lines }: { configFile: string; output: string; lines: readonly string[] }) {
  return [
    '[Service]',
    'ExecStart=',
    `ExecStart=${process.execPath} ${agentProgram} --config ${configFile} run`,
    'RestartSec=0',
    // The folders of tests may lie in /dev/shm.
    'PrivateDevices=no',
    `StandardOutput=append:${output}`,
    `StandardError=append:${output}`,
    ...lines,
    '',
  ].join('\n');
}

function countReady(output: string): number {
  if (!existsSync(output)) return 0;
  return readFileSync(output, 'utf8').split('the agent is ready').length - 1;
}
