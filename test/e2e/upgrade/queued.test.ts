// Upgrades that were accepted and wait for their turn: the death of the agent loses none of them.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { runProgram } from '../../../deploy/demo/run_program.js';
import { writeYaml } from '../../../deploy/demo/write_yaml.js';
import { addReleaseOn, makeAgentHost, makeTemplate, type HostTemplate } from '../../helpers/agent/agent_host.js';
import { connectClient } from '../../helpers/agent/upgrade_client.js';
import { hookScript } from './hosts.js';

/** Of the first tenant it lasts until there is a file for it. */
const hook = hookScript(
  'post-pull',
  'while [ "$DEPLOY_ENV" = testsite ] && [ ! -e "$DATA_DIR/go" ]; do sleep 0.02; done',
);
const version = 'v0.1.1';

let template: HostTemplate;
beforeAll(async () => {
  template = await makeTemplate();
  await addReleaseOn(template.repository, { tag: version, base: 'v0.1.0' }, { [`release/${version}.sh`]: hook });
});
afterAll(() => template.remove());

/** A host of three tenants, of which the first is in the middle of its upgrade and the others have been accepted. */
async function openBusyHost() {
  const host = await makeAgentHost(template);
  onTestFinished(async () => expect(await host.close(), 'processes that are left').toEqual([]));
  const others = ['second', 'third'];
  for (const slug of others) await addPlainTenant(host.folder, slug);
  const agent = await host.start();
  const client = await host.connect();
  const ids = [await client.ask({ version })];
  await client.waitFor(ids[0] ?? '', (event) => event.type === 'command' && event.hook !== undefined);
  for (const tenant of others) ids.push(await client.ask({ version }, { tenant }));
  const letGo = () => writeFileSync(path.join(host.tenant.dataDir, 'go'), '');
  return { host, agent, client, ids, letGo };
}

/** Code and hooks, and nothing that runs. */
async function addPlainTenant(folder: string, slug: string): Promise<void> {
  const [appDir, dataDir] = [path.join(folder, slug, 'app'), path.join(folder, slug, 'data')];
  mkdirSync(dataDir, { recursive: true });
  await runProgram(['git', 'clone', '--quiet', '--branch=v0.1.0', template.repository.url, appDir], { cwd: folder });
  const none = { services: 'none', database: 'none', requirements: 'none', migrations: 'none', health: 'none' };
  const own = { slug, app_dir: appDir, data_dir: dataDir, user: template.tenant.user.name, trust: 'any-tag' };
  const file = path.join(folder, 'host', path.relative(path.join(template.folder, 'host'), template.tenant.configFile));
  await writeYaml(path.join(path.dirname(file), `${slug}.yaml`), { ...own, ...none, repo: template.repository.url });
}

const readHooks = (dataDir: string) => {
  const file = path.join(dataDir, 'hooks.log');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').length : 0;
};

test('all end, once each and in their order, when the agent is killed while they wait', async () => {
  const { host, agent, ids, letGo } = await openBusyHost();
  await agent.end('SIGKILL');
  await host.start();
  letGo();
  const client = await host.connect();
  const followed = [];
  for (const id of ids) followed.push(await client.follow(id));
  expect(followed.map(({ result }) => [result.tenant, result.status])).toEqual([
    ['testsite', 'success'],
    ['second', 'success'],
    ['third', 'success'],
  ]);
  const times = followed.flatMap(({ result }) => [result.started_at, result.finished_at ?? '']);
  const order = times.map((time) => Date.parse(time));
  expect(order).toEqual(order.toSorted((left, right) => left - right));
  const folders = [host.tenant.dataDir, ...['second', 'third'].map((slug) => path.join(host.folder, slug, 'data'))];
  expect(folders.map(readHooks)).toEqual([1, 1, 1]);
  expect(readdirSync(path.join(host.stateFolder, 'upgrades')).toSorted()).toEqual(ids.toSorted());
  expect(readdirSync(path.join(host.stateFolder, 'queued'))).toEqual([]);
});

test('one that is cancelled before its turn ends at once, also where the agent is killed after its answer, and keeps nothing else from its turn', async () => {
  const { host, agent, ids, letGo } = await openBusyHost();
  const [running = '', cancelled = '', waiting = ''] = ids;
  const connect = () => connectClient(path.join(host.stateFolder, 'agent.sock'), 'second');
  expect(await (await connect()).command({ type: 'cancel', force: false })).toBe(cancelled);
  await agent.end('SIGKILL');
  await host.start();
  const [operator, client] = [await connect(), await host.connect()];
  const { events, result } = await operator.follow(cancelled);
  expect(result).toMatchObject({ status: 'cancelled', new_version: version, failure: null, downtime_ms: 0 });
  expect(events.map(({ type }) => type)).toEqual(['begin', 'line', 'finish']);
  const again = await operator.ask({ version });
  operator.close();
  letGo();
  for (const id of [running, waiting, again]) expect((await client.follow(id)).result.status).toBe('success');
  expect(readHooks(path.join(host.folder, 'second/data'))).toBe(1);
});
