// The boot guard: between the stop of a tenant and the commit point nothing starts its units.
import { existsSync, writeFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { readVersion } from '../../deploy/demo/app/notes_client.js';
import { addReleaseOn, makeTemplate } from '../helpers/agent/agent_host.js';
import { makeUnitHost, webService, type Ground, type UnitHost } from '../helpers/agent/unit_host.js';
import { bootMachine } from '../helpers/machine/machine.js';
import { seeChange } from '../helpers/see_change.js';

const [web, worker, timer] = ['testsite-web@1.service', 'testsite-worker.service', 'testsite-nightly.timer'];
const template1 = 'testsite-web@.service';
const waitingHook = `#!/bin/bash
touch "$DATA_DIR/hook.began"
until [ -e "$DATA_DIR/hook.go" ]; do sleep 0.02; done
[ ! -e "$DATA_DIR/hook.fail" ]
`;

/** Leaves code that is neither the old nor the new version, and cannot be put back. */
const ruiningHook = `#!/bin/bash
rm -rf "$APP_DIR/.git/objects"
exit 1
`;

const cleanups: (() => Promise<void>)[] = [];
let ground: Ground;
let host: UnitHost;
beforeAll(async () => {
  const template = await makeTemplate({ user: 'nobody' });
  cleanups.push(() => template.remove());
  const files = { 'release/v0.2.1.pre-migrate.sh': waitingHook };
  await addReleaseOn(template.repository, { base: 'v0.2.0', tag: 'v0.2.1' }, files);
  const ruining = { 'release/v0.2.2.post-pull.sh': ruiningHook };
  await addReleaseOn(template.repository, { base: 'v0.2.0', tag: 'v0.2.2' }, ruining);
  const folder = await mkdtemp(path.join(tmpdir(), 'drover-systemd-'));
  cleanups.push(() => rm(folder, { recursive: true }));
  await chmod(folder, 0o755);
  const machine = await bootMachine({ readOnly: [template.folder], writable: [folder] });
  cleanups.push(() => machine.stop());
  ground = { template, folder, machine };
});
afterAll(async () => {
  for (const cleanup of cleanups.toReversed()) await cleanup();
});
afterEach(() => host.close());

/** A web service that is the instance of a template, a stopped worker and a timer for it. */
async function makeHost(): Promise<UnitHost> {
  host = await makeUnitHost(ground, {
    units: (tenant) => ({
      [worker]: '[Service]\nExecStart=sleep infinity\n',
      [web]: '',
      [timer]: `[Timer]\nOnCalendar=yearly\nUnit=${worker}\n`,
      [template1]: webService(tenant),
    }),
    unlisted: [template1],
    started: [web, timer],
  });
  return host;
}

/** Returns once the hook of the upgrade waits: its services are down. */
async function upgradeToHook({ connect, tenant }: UnitHost): Promise<string> {
  const id = await (await connect()).ask({ version: 'v0.2.1' });
  await seeChange(tenant.dataDir, () => existsSync(path.join(tenant.dataDir, 'hook.began')));
  return id;
}

const letGo = ({ tenant }: UnitHost) => writeFileSync(path.join(tenant.dataDir, 'hook.go'), '');
const reloads = () => ground.machine.run(['systemctl', 'show', '--property=UnitsLoadFinishTimestampMonotonic']);
const start = (...units: string[]) =>
  ground.machine.run(['systemctl', 'start', ...units]).then(
    () => 'started',
    (error: unknown) => String(error),
  );

test('nothing starts a tenant that an upgrade has stopped, and its agent starts it at the end', async () => {
  const made = await makeHost();
  const before = await reloads();
  const id = await upgradeToHook(made);
  for (const unit of [web, worker, timer]) expect(await start(unit)).toContain('Assertion failed');
  expect(await made.states()).toEqual({ [web]: 'inactive', [worker]: 'inactive', [timer]: 'inactive' });
  // Another instance of the template is not held back.
  expect(await made.show('testsite-web@2.service', 'DropInPaths')).toBe('');
  letGo(made);
  expect((await (await made.connect()).follow(id)).result).toMatchObject({ status: 'success' });
  expect(await made.states()).toEqual({ [web]: 'active', [worker]: 'inactive', [timer]: 'active' });
  expect(await readVersion(made.tenant.url)).toBe('v0.2.1');
  expect(await start(worker)).toBe('started');
  expect(await reloads()).toBe(before);
});

test('a tenant is started again by a rollback, and its units can be started by hand then', async () => {
  const made = await makeHost();
  writeFileSync(path.join(made.tenant.dataDir, 'hook.fail'), '');
  const id = await upgradeToHook(made);
  await made.killAgent();
  expect(await start(web)).toContain('Assertion failed');
  letGo(made);
  expect((await (await made.connect()).follow(id)).result).toMatchObject({ status: 'rolled_back' });
  expect(await made.states()).toEqual({ [web]: 'active', [worker]: 'inactive', [timer]: 'active' });
  expect(await readVersion(made.tenant.url)).toBe('v0.1.0');
  expect(await start(worker)).toBe('started');
});

test('a tenant that needs an operator is held back until somebody takes it as it is', async () => {
  const made = await makeHost();
  const { result } = await made.upgrade({ version: 'v0.2.2' });
  expect(result).toMatchObject({ status: 'failed', services: 'down', failure: { needs_operator: true } });
  expect(await start(web)).toContain('Assertion failed');
  await (await made.connect()).command({ type: 'resume', accept: true });
  await vi.waitFor(async () => expect(await start(web)).toBe('started'), { timeout: 20_000 });
});
