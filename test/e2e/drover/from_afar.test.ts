// What `drover-agent` can do on the host, `drover` can do through a controller, where the tenant's file allows it: resume,
// hooks, and naming the current version.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { agentProgram } from '../../../agent/cli/agent_program.js';
import { runProgram } from '../../../deploy/demo/run_program.js';
import { makeId } from '../../../shared/os/ids.js';
import { runProgram as runCommandLine } from '../../../shared/terminal/program.js';
import type { AgentHost } from '../../helpers/agent/agent_host.js';
import { fakeWorld } from '../../unit/agent/cli/fake_world.js';
import { unhealthyServer } from '../upgrade/hosts.js';
import { useFleet } from './fleet.js';

/** Writes data and is not healthy before the file `mended` is there: its upgrade needs an operator. */
const healthyOnceMended = `${unhealthyServer('db.exec("INSERT INTO notes (text) VALUES (\'Of the new version\')");')}
import { existsSync } from 'node:fs';
server.removeAllListeners('request');
server.on('request', (_, response) => response.writeHead(existsSync(process.env.DATA_DIR + '/mended') ? 200 : 500).end('{}'));
`;
const held = { tag: 'v0.2.1', base: 'v0.2.0', files: { 'server.mjs': healthyOnceMended } };

const open = useFleet([held]);
const keys =
  (allow_remote: readonly string[]) =>
  ({ health }: { health: string }) => ({
    allow_remote,
    health: { url: health, interval: '20ms', successes: 2, timeout: '2s' },
  });
const mark = ['hooks', 'mark', 'testsite', 'v0.2.0', '--done', '--reason', 'run by hand'];

test('resume, marks and --from go through a controller only where the tenant file allows each', async () => {
  const { host, drover } = await open(keys([]));
  for (const [words, right] of [
    [mark, 'mark-hooks'],
    [['plan', 'testsite', '--from', 'v0.1.0'], 'from'],
    [['upgrade', 'testsite', 'v0.3.0', '--from', 'v0.1.0'], 'from'],
    [['resume', 'testsite'], 'resume'],
  ] as const) {
    const { exitCode, stdout, stderr } = await drover(...words).ended;
    expect({ words, exitCode }).toEqual({ words, exitCode: 2 });
    expect(stdout + stderr).toContain(`testsite does not allow controllers: ${right}`);
  }
  expect((await host.look()).head).toBe('v0.1.0');
});

test('hooks are listed, marked and told, and a held upgrade is resumed, from afar as on the host', async () => {
  const { host, drover } = await open(keys(['resume', 'mark-hooks', 'from']));
  const local = (...words: string[]) => runHere(host, words);

  const listed = await drover('hooks', 'list', 'testsite', 'v0.3.0').ended;
  expect(listed).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('v0.2.0.sh') });
  expect(listed.stdout).toBe((await local('hooks', 'list', 'testsite', 'v0.3.0')).stdout);

  expect(await drover(...mark, '--json').ended).toMatchObject({ exitCode: 0, stderr: '' });
  const marked = await local('plan', 'testsite', 'v0.2.0', '--json');
  expect(JSON.parse(marked.stdout)).toMatchObject({
    hooks: [expect.objectContaining({ tag: 'v0.2.0', mark: { as: 'done', reason: 'run by hand' } })],
  });
  expect(await drover('hooks', 'mark', 'testsite', 'v0.2.0', '--clear').ended).toMatchObject({ exitCode: 0 });

  const upgraded = await drover('upgrade', 'testsite', held.tag).ended;
  expect(upgraded).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('drover-agent resume testsite') });
  const history = await drover('hooks', 'history', 'testsite', '--json').ended;
  expect(JSON.parse(history.stdout)).toMatchObject({
    hooks: [{ tag: 'v0.2.0', phase: 'post-pull', cause: 'exited', exit_code: 0 }],
  });
  expect(history.stdout).toBe((await local('hooks', 'history', 'testsite', '--json')).stdout);

  expect(await drover('resume', 'testsite').ended).toMatchObject({ exitCode: 1 });
  writeFileSync(path.join(host.tenant.dataDir, 'mended'), '');
  const resumed = await drover('resume', 'testsite').ended;
  expect(resumed).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('success: testsite is on v0.2.1') });
  expect(await drover('resume', 'testsite').ended).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('no upgrade of testsite needs an operator'),
  });

  // Moved by hand, and only an operator knows that this is meant.
  await runProgram(['git', 'checkout', '--quiet', 'v0.2.0'], { cwd: host.tenant.appDir });
  expect(await drover('plan', 'testsite', 'v0.3.0').ended).toMatchObject({ exitCode: 2 });
  const planned = await drover('plan', 'testsite', 'v0.3.0', '--from', 'v0.2.0', '--json').ended;
  expect(planned.exitCode).toBe(10);
  expect(JSON.parse(planned.stdout)).toMatchObject({ previous: { version: 'v0.2.0' }, target: { version: 'v0.3.0' } });
});

/** The same command of `drover-agent`, in this process. */
async function runHere({ folder }: AgentHost, words: readonly string[]) {
  const { world, stdout, stderr } = fakeWorld();
  const config = ['--config', path.join(folder, 'host/etc/agent.yaml')];
  const exitCode = await runCommandLine([...config, ...words], { program: agentProgram, world: { ...world, makeId } });
  return { exitCode, stdout: stdout.written, stderr: stderr.written };
}
