// The built `drover` as a process: its signals, its pipes and its exit codes.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, it, onTestFinished } from 'vitest';
import { serve, token } from '../../../helpers/controller/serve_api.js';
import { begin, finish } from '../../../unit/shared/terminal/streams.js';

const program = path.join(import.meta.dirname, '../../../../dist/controller/cli/main.js');
const id = '019b2692-0000-7000-8000-00000000000a';

function start(url: string, ...words: string[]) {
  const child = spawn(process.execPath, [program, ...words], {
    env: { PATH: '/usr/bin:/bin', HOME: '/nonexistent', DROVER_URL: url, DROVER_TOKEN: token },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return { child, closed: once(child, 'close'), stderr: text(child.stderr) };
}

it.each([
  [['upgrade', 'anna', '--version', 'v0.5.0'], 'The version follows the tenant: `drover upgrade anna v0.5.0`.'],
  [['plan', '--version', 'v0.5.0', 'anna'], 'The version follows the tenant: `drover plan anna v0.5.0`.'],
  [['tenants', '--version'], '`drover --version` prints the version of the program.'],
])('takes no --version after a command, says what to write, and asks for nothing: %j', async (words, hint) => {
  const { url, fleet } = await serve();
  const { child, closed, stderr } = start(url, ...words);
  expect(await text(child.stdout)).toBe('');
  await closed;
  expect(child.exitCode).toBe(2);
  expect(await stderr).toBe(`drover: \`drover ${words[0] ?? ''}\` has no option --version\n  ${hint}\n`);
  expect(fleet.asked).toEqual([]);
});

it('prints its version', async () => {
  const { child, closed } = start('http://127.0.0.1:9', '--version');
  expect(await text(child.stdout)).toMatch(/^\d+\.\d+\.\d+\n$/);
  await closed;
  expect(child.exitCode).toBe(0);
});

it('is left by Ctrl-C with 130, and goes on with what it watched', async () => {
  const { url, fleet } = await serve();
  const upgrade = fleet.upgrade.bind(fleet);
  fleet.upgrade = async (...words) => {
    const stored = await upgrade(...words);
    fleet.append(stored.id, begin);
    return stored;
  };
  const { child, closed, stderr } = start(url, 'upgrade', 'testsite');
  await once(child.stdout, 'data');
  child.kill('SIGINT');
  await closed;
  expect(child.exitCode).toBe(130);
  expect(await stderr).toContain(`drover logs ${[...fleet.upgrades.keys()][0] ?? ''} -f`);
});

it('follows a stream to its end, and ends by itself', async () => {
  const { url, fleet } = await serve();
  fleet.add(id);
  fleet.append(id, begin);
  const { child, closed } = start(url, 'logs', 'testsite', '-f');
  await once(child.stdout, 'data');
  const rest = text(child.stdout);
  fleet.append(id, finish('success', 'v0.4.0'));
  expect(await rest).toContain('== success');
  await closed;
  expect(child.exitCode).toBe(0);
});

it('ends with 141 where its reader has gone', async () => {
  const { url, fleet } = await serve();
  fleet.add(id);
  for (let at = 0; at < 100; at += 1) fleet.append(id, { key: 'a', at, next: at + 1, text: 'x'.repeat(10_000) });
  const { child, closed } = start(url, 'logs', id, '--follow');
  await once(child.stdout, 'data');
  child.stdout.destroy();
  fleet.append(id, { key: 'a', at: 100, next: 101, text: 'nobody reads this' });
  await closed;
  expect(child.exitCode).toBe(141);
});

it('ends with 3 where there is no controller', async () => {
  const { url, close } = await serve();
  await close();
  const { child, closed, stderr } = start(url, 'tenants');
  await closed;
  expect(child.exitCode).toBe(3);
  expect(await stderr).toContain(`the controller at ${url} cannot be reached`);
});
