// The agent as a service: the unit that is shipped, under a real systemd.
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { writeYaml } from '../../deploy/demo/write_yaml.js';
import { makeGround } from '../helpers/agent/ground.js';
import { waitingHook } from '../helpers/agent/unit_files.js';
import { makeUnitHost, webService, type UnitHost } from '../helpers/agent/unit_host.js';
import { seeChange } from '../helpers/see_change.js';

const agent = 'drover-agent.service';
const web = 'testsite-web.service';
const releases = {
  'v0.2.1': { 'release/v0.2.1.sh': 'echo "$GREETING" >"$DATA_DIR/greeting"\n' },
  'v0.2.2': { 'release/v0.2.2.pre-migrate.sh': waitingHook },
};
/** Returns once systemd has got a sign of life, or the agent was started anew. */
const untilSignOfLife = `last() { systemctl show --property=WatchdogTimestampMonotonic ${agent}; }
first=$(last); while [ "$(last)" = "$first" ]; do sleep 0.1; done`;
/** Its event loop stands still from SIGUSR2 on. */
const blockable = 'process.on("SIGUSR2", () => { for (;;); });\n';

let ground: Awaited<ReturnType<typeof makeGround>>;
beforeAll(async () => {
  ground = await makeGround(releases);
});
afterAll(() => ground.close());

let host: UnitHost;
afterEach(() => host.close());

async function makeHost(agentLines: readonly string[] = []): Promise<UnitHost> {
  host = await makeUnitHost(ground, {
    units: (tenant) => ({ [web]: webService(tenant) }),
    started: [web],
    agentLines,
  });
  return host;
}

const systemctl = (...words: string[]) => ground.machine.run(['systemctl', ...words]);

/** Returns once a property of the agent's unit holds the text. */
async function seeProperty(property: string, text: string): Promise<void> {
  const look = `until systemctl show --property=${property} --value ${agent} | grep -qF -- "$1"; do sleep 0.1; done`;
  await ground.machine.run(['sh', '-c', look, 'sh', text]);
}

/** What is journalled of the agent's unit. */
async function readJournal(): Promise<string> {
  await ground.machine.run(['journalctl', '--sync']);
  return ground.machine.run(['journalctl', '--unit', agent, '--output=cat']);
}

/** How often systemd has found a process of the agent before. */
const countLeft = async () => (await readJournal()).split('left-over process').length - 1;

const hookStarts = () => readFileSync(path.join(host.tenant.dataDir, 'hook.began'), 'utf8').trim().split('\n');

/** Starts an upgrade and returns its id once it is in the middle of its hook. */
async function upgradeIntoHook(): Promise<string> {
  const { dataDir } = host.tenant;
  const id = await (await host.connect()).ask({ version: 'v0.2.2' });
  const began = path.join(dataDir, 'hook.began');
  await seeChange(dataDir, () => existsSync(began) && readFileSync(began).length > 0);
  return id;
}

/** Lets the hook end; it ran once, and the upgrade succeeds. */
async function expectSuccess(id: string): Promise<void> {
  writeFileSync(path.join(host.tenant.dataDir, 'hook.go'), '');
  expect((await (await host.connect()).follow(id)).result).toMatchObject({ status: 'success' });
  expect(hookStarts()).toHaveLength(1);
}

test('systemctl status shows the running upgrade and its step', async () => {
  const { show } = await makeHost();
  expect(await show(agent, 'StatusText')).toBe('no upgrade runs; 1 tenant');
  const id = await upgradeIntoHook();
  await seeProperty('StatusText', 'pre-migrate');
  const shown = await systemctl('status', agent);
  expect(shown).toMatch(/^ +Active: active \(running\)/m);
  expect(shown).toMatch(/^ +Status: "testsite: v0\.1\.0 -> v0\.2\.2 \[9\/14 hooks-pre-migrate\]"$/m);
  await expectSuccess(id);
  await seeProperty('StatusText', 'no upgrade runs; 1 tenant');
});

test('a start is over once the agent has taken over the upgrade that was under way', async () => {
  const { show, output } = await makeHost();
  const id = await upgradeIntoHook();
  await systemctl('stop', agent);
  expect(await show(agent, 'ActiveState')).toBe('inactive');
  const goesOn = 'stopped; the next agent goes on with testsite: v0.1.0 -> v0.2.2 [9/14 hooks-pre-migrate]';
  expect(await show(agent, 'StatusText')).toBe(goesOn);
  const before = output().length;
  await systemctl('start', agent);
  expect(output().slice(before)).toMatch(new RegExp(`${id}.*resuming unfinished upgrades`));
  await seeProperty('StatusText', 'testsite: v0.1.0 -> v0.2.2 [9/14 hooks-pre-migrate]');
  await expectSuccess(id);
});

test.each([
  ['stop', 'systemd'],
  ['restart', 'plain'],
] as const)(
  'systemctl %s leaves a hook running, with `launcher: %s`, and the next agent adopts it',
  async (how, launcher) => {
    const { configFile, show } = await makeHost();
    appendFileSync(configFile, `launcher: ${launcher}\n`);
    await systemctl('restart', agent);
    const id = await upgradeIntoHook();
    const [hook = ''] = hookStarts();
    const before = await show(agent, 'MainPID');
    await systemctl(how, agent);
    await ground.machine.run(['kill', '-0', hook]);
    await systemctl('start', agent);
    expect(await show(agent, 'MainPID')).not.toBe(before);
    await ground.machine.run(['kill', '-0', hook]);
    await expectSuccess(id);
    expect(await show(agent, 'Result')).toBe('success');
  },
);

test('an agent that is restarted leaves no process behind, and names a tenant file with a mistake', async () => {
  const { configFile } = await makeHost();
  const before = await countLeft();
  for (let restarts = 0; restarts < 5; restarts += 1) await systemctl('restart', agent);
  expect(await countLeft()).toBe(before);
  const file = path.join(path.dirname(configFile), 'tenants.d/testsite.yaml');
  appendFileSync(file, 'bogus: 1\n');
  await seeProperty('StatusText', 'mistakes in testsite.yaml (drover-agent check); no upgrade runs; 1 tenant');
});

test('an agent whose event loop stands still is replaced, and the hook goes on', async () => {
  const preload = path.join(ground.folder, 'blockable.cjs');
  writeFileSync(preload, blockable);
  const { show, seeRestart } = await makeHost(['WatchdogSec=4', `Environment="NODE_OPTIONS=--require=${preload}"`]);
  const id = await upgradeIntoHook();
  const before = await show(agent, 'MainPID');
  await seeRestart(() => systemctl('kill', '--kill-who=main', '--signal=SIGUSR2', agent));
  expect(await show(agent, 'MainPID')).not.toBe(before);
  expect(await readJournal()).toContain('Watchdog timeout');
  // Its successor says that it lives, and is left alone.
  const successor = await show(agent, 'MainPID');
  await ground.machine.run(['sh', '-c', untilSignOfLife]);
  expect(await show(agent, 'MainPID')).toBe(successor);
  await expectSuccess(id);
});

test('a broken configuration is tried again without end, with its reason in sight, until it is mended', async () => {
  const { configFile } = await makeHost();
  const good = readFileSync(configFile);
  writeFileSync(configFile, 'hots: web-17\n');
  await expect(systemctl('restart', agent)).rejects.toThrow('Job for drover-agent.service failed');
  // More often than systemd would try a service with its default limit.
  await seeProperty('NRestarts', '8');
  await seeProperty('StatusText', `it does not start: ${configFile}:1: hots: unknown key`);
  writeFileSync(configFile, good);
  await seeProperty('ActiveState', 'active');
  await seeProperty('StatusText', 'no upgrade runs; 1 tenant');
});

test('a reload takes agent.yaml and the tenant files, and says what counts after a restart', async () => {
  const { configFile, tenant, upgrade, show } = await makeHost();
  const agentFile = readFileSync(configFile, 'utf8');
  const pid = await show(agent, 'MainPID');
  const { environment, ...keys } = tenant.keys;
  await writeYaml(tenant.configFile, { ...keys, services: [web] });
  const defaults = { environment: { ...Object(environment), GREETING: 'hello' } };
  writeFileSync(configFile, `${agentFile}tenant_defaults: ${JSON.stringify(defaults)}\n`);
  await systemctl('reload', agent);
  expect((await upgrade({ version: 'v0.2.1' })).result).toMatchObject({ status: 'success' });
  expect(readFileSync(path.join(tenant.dataDir, 'greeting'), 'utf8')).toBe('hello\n');

  writeFileSync(configFile, agentFile.replace('test-host', 'other-host'));
  await systemctl('reload', agent);
  await seeProperty('StatusText', 'in use after a restart only: host; no upgrade runs; 1 tenant');
  writeFileSync(configFile, 'max_concurrent: many\n');
  await systemctl('reload', agent);
  await seeProperty('StatusText', `the configuration was not taken anew: ${configFile}:1: max_concurrent`);
  writeFileSync(configFile, agentFile);
  await systemctl('reload', agent);
  await seeProperty('StatusText', 'no upgrade runs; 1 tenant');
  expect(await show(agent, 'MainPID')).toBe(pid);
});

test('a reload with a broken agent.yaml, while the agent brings an upgrade to its end, is over at once', async () => {
  const { configFile, seeRestart, show, tenant } = await makeHost();
  const good = readFileSync(configFile, 'utf8');
  const id = await upgradeIntoHook();
  writeFileSync(configFile, good.replace('host:', 'hots:'));
  await systemctl('restart', agent);
  await seeProperty('StatusText', 'only the upgrades that have begun are brought to their end');
  await systemctl('reload', agent);
  expect(await show(agent, 'SubState')).toBe('running');
  writeFileSync(configFile, good);
  await seeRestart(async () => writeFileSync(path.join(tenant.dataDir, 'hook.go'), ''));
  await expectSuccess(id);
});
