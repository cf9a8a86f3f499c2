// An unattended upgrade of libc, after which needrestart restarts services, in the middle of a migration.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { makeGround } from '../helpers/agent/ground.js';
import { makeUnitHost, webService, type UnitHost } from '../helpers/agent/unit_host.js';
import { seeChange } from '../helpers/see_change.js';

const [agent, web] = ['drover-agent.service', 'testsite-web.service'];
/** A unit of the name that services by commands have, and one that is none of Drover's. */
const [services, other] = ['drover-services-00000000-try', 'other'];
const ours = [agent, services];

const waitingMigration = `
import fs from 'node:fs';
import { setTimeout } from 'node:timers/promises';
const file = (name) => process.env.DATA_DIR + '/migration.' + name;
fs.appendFileSync(file('began'), 'began\\n');
while (!fs.existsSync(file('go'))) await setTimeout(20);
`;
const override = readFileSync(path.join(import.meta.dirname, '../../deploy/systemd/needrestart-drover.conf'), 'utf8');
const overrideFile = '/etc/needrestart/conf.d/drover.conf';
/** The same libc as another file: what has the one of before mapped is outdated. */
const replaceLibc =
  'file=$(readlink -f /lib/*-linux-gnu/libc.so.6) && cp "$file" "$file.new" && mv "$file.new" "$file"';

let ground: Awaited<ReturnType<typeof makeGround>>;
beforeAll(async () => {
  ground = await makeGround({ 'v0.2.1': { 'scripts/wait.mjs': waitingMigration } });
});
afterAll(() => ground.close());

let host: UnitHost;
afterEach(() => host.close());

/** The main process of each unit once needrestart has restarted services, in the middle of a migration; and before. */
async function upgradeLibc(): Promise<{ before: string[]; after: string[]; said: string; status: string }> {
  const { machine } = ground;
  host = await makeUnitHost(ground, { units: (tenant) => ({ [web]: webService(tenant) }), started: [web] });
  const { dataDir } = host.tenant;
  const id = await (await host.connect()).ask({ version: 'v0.2.1' });
  await seeChange(dataDir, () => existsSync(path.join(dataDir, 'migration.began')));
  for (const unit of [services, other]) {
    await machine.run(['systemd-run', '--quiet', `--unit=${unit}`, 'sleep', 'infinity']);
  }
  const readPids = () => Promise.all([...ours, other].map((unit) => host.show(unit, 'MainPID')));
  const before = await readPids();
  await machine.run(['sh', '-c', replaceLibc]);
  const said = await machine.run(['needrestart', '-r', 'a', '-l']);
  const after = await readPids();
  writeFileSync(path.join(dataDir, 'migration.go'), '');
  const { result } = await (await host.connect()).follow(id);
  await machine.run(['systemctl', 'stop', services, other]);
  return { before, after, said, status: result?.status ?? 'none' };
}

test('restarts nothing of Drover, and names the agent, where the override is installed', async () => {
  await ground.machine.write(overrideFile, override);
  const { before, after, said, status } = await upgradeLibc();
  expect(after.slice(0, ours.length)).toEqual(before.slice(0, ours.length));
  expect(after.at(-1)).not.toBe(before.at(-1));
  expect(said).toMatch(/Service restarts being deferred:[^]*systemctl restart drover-agent\.service/);
  expect(status).toBe('success');
  expect(readFileSync(path.join(host.tenant.dataDir, 'migration.began'), 'utf8')).toBe('began\n');
});

test('ends the migration without it, and restarts all', async () => {
  await ground.machine.run(['rm', '--force', overrideFile]);
  const { before, after, status } = await upgradeLibc();
  expect(status).toBe('rolled_back');
  for (const [index, pid] of after.entries()) expect(pid).not.toBe(before[index]);
});
