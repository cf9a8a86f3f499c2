// A tenant that moves its HEAD in a loop, or makes it unreadable: the host's reports stay few, in time and true.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { writeYaml } from '../../../deploy/demo/write_yaml.js';
import { agentLimits } from '../../../agent/limits.js';
import type { AgentHost } from '../../helpers/agent/agent_host.js';
import { findLastingProcesses, findProcesses } from '../../helpers/agent/host_processes.js';
import { startTestController } from '../../helpers/controller/test_controller.js';
import { runShell, useHosts } from '../upgrade/hosts.js';

const hosts = useHosts({ user: 'nobody', releases: [] });

const bare = { services: 'none', database: 'none', migrations: 'none', health: 'none' };

async function open(prepare: (host: AgentHost) => Promise<void> | void = () => {}) {
  const controller = await startTestController();
  onTestFinished(() => controller.close());
  const wish = { agentKeys: controller.agentKeys, makeKeys: () => bare, hasService: false };
  const host = await hosts.open(wish);
  await host.stop();
  await prepare(host);
  const before = controller.reports().length;
  const agent = await host.start();
  await controller.until(() => controller.reports().length > before);
  const reported = (slug = 'testsite') =>
    controller
      .reports()
      .at(-1)
      ?.tenants.find((tenant) => tenant.slug === slug);
  return { controller, host, agent, reported, before };
}

/** Runs a shell line as the tenant's user, in its work tree. */
function runAsTenant({ tenant }: AgentHost, script: string, workTree = tenant.appDir): string {
  const line = 'cd "$1"; exec setpriv --reuid=65534 --regid=65534 --clear-groups bash -ceu "$2"';
  return runShell(line, workTree, script);
}

const commitOf = (host: AgentHost, name: string) => runAsTenant(host, `git rev-parse "${name}^{commit}"`);

test('a HEAD that is written to in a loop makes few reports, and a checkout is still seen', async () => {
  const { controller, host, reported } = await open();
  await controller.until(() => reported()?.head === commitOf(host, 'v0.1.0'));
  const [startedMs, before] = [performance.now(), controller.reports().length];
  runAsTenant(host, 'for n in {1..300}; do touch .git/HEAD; echo "$n" >>.git/logs/HEAD; sleep 0.01; done');
  runAsTenant(host, 'git checkout --quiet v0.2.0');
  const target = commitOf(host, 'v0.2.0');
  await controller.until(() => reported()?.head === target);
  const most = 2 + (performance.now() - startedMs) / agentLimits.headReports.max;
  expect(controller.reports().length - before).toBeLessThanOrEqual(Math.ceil(most));
});

test('other writes in .git make no report at all', async () => {
  const { controller, host, reported } = await open();
  await controller.until(() => reported()?.head === commitOf(host, 'v0.1.0'));
  const before = controller.reports().length;
  runAsTenant(host, 'for n in {1..300}; do echo >".git/$n"; mv ".git/$n" ".git/x"; touch .git/HEAD; done');
  runAsTenant(host, 'git checkout --quiet v0.2.0');
  const target = commitOf(host, 'v0.2.0');
  await controller.until(() => reported()?.head === target);
  expect(controller.reports().length - before).toBeLessThanOrEqual(2);
});

test('a HEAD that is a FIFO delays no other tenant, and is reported with the last known commit', async () => {
  const { controller, host, agent, reported } = await open(async ({ folder, tenant }) => {
    const second = path.join(folder, 'second');
    const secondData = path.join(folder, 'second-data');
    runShell('cp -a "$1" "$2"; rm "$2/.git/HEAD"; mkfifo "$2/.git/HEAD"', tenant.appDir, second);
    runShell('cp -a "$1" "$2"', tenant.dataDir, secondData);
    const file = path.join(path.dirname(tenant.configFile), 'second.yaml');
    await writeYaml(file, { ...tenant.keys, ...bare, slug: 'second', app_dir: second, data_dir: secondData });
  });
  const commit = commitOf(host, 'v0.1.0');
  await controller.until(() => reported()?.head === commit);
  expect(reported('second')).toMatchObject({ head: null });
  await controller.until(() => (reported('second')?.problems ?? []).length > 0);
  expect(reported('second')).toMatchObject({
    head: null,
    problems: [{ message: expect.stringMatching(/within 5 s/) }],
  });
  runAsTenant(host, 'mkfifo .git/fifo; mv .git/fifo .git/HEAD');
  await controller.until(() => (reported()?.problems ?? []).length > 0);
  expect(reported()).toMatchObject({ head: commit, problems: [{ message: expect.stringMatching(/within 5 s/) }] });
  await agent.end('SIGKILL');
  expect(await findLastingProcesses(host.tenant.appDir)).toEqual([]);
});

test('what watches ends with the agent, also with a killed one, and is no process of root', async () => {
  const { host, agent, controller, reported } = await open();
  await controller.until(() => reported()?.head === commitOf(host, 'v0.1.0'));
  const watching = findProcesses(host.tenant.appDir).filter(({ command }) => command.startsWith('tail '));
  expect(watching.map(({ pid }) => runShell('stat --format=%U "/proc/$1"', String(pid)))).toEqual(['nobody']);
  expect(existsSync(`/proc/${agent.pid}`)).toBe(true);
  await agent.end('SIGKILL');
  expect(await findLastingProcesses(host.tenant.appDir)).toEqual([]);
});

test('two tenants of one user are watched by one process, and a checkout of either is seen', async () => {
  const { controller, host, reported } = await open(async ({ folder, tenant }) => {
    const [second, secondData] = ['second', 'second-data'].map((name) => path.join(folder, name));
    runShell('cp -a "$1" "$2"; cp -a "$3" "$4"', tenant.appDir, second ?? '', tenant.dataDir, secondData ?? '');
    const file = path.join(path.dirname(tenant.configFile), 'second.yaml');
    await writeYaml(file, { ...tenant.keys, ...bare, slug: 'second', app_dir: second, data_dir: secondData });
  });
  const [before, after] = ['v0.1.0', 'v0.2.0'].map((tag) => commitOf(host, tag));
  const heads = () => ['testsite', 'second'].map((slug) => reported(slug)?.head);
  await controller.until(() => heads().every((head) => head === before));
  const watching = findProcesses(host.tenant.appDir).filter(({ command }) => command.startsWith('tail '));
  expect(watching).toHaveLength(1);
  expect(watching[0]?.command).toContain(path.join(host.folder, 'second', '.git/HEAD'));
  runAsTenant(host, 'git checkout --quiet v0.2.0');
  await controller.until(() => heads()[0] === after);
  expect(heads()[1]).toBe(before);
  runAsTenant(host, 'git checkout --quiet v0.2.0', path.join(host.folder, 'second'));
  await controller.until(() => heads()[1] === after);
});
