// The systemd launcher on a real systemd: its contract and its own promises, which tests inside a machine hold, and what a
// reboot does to commands that run.
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bootMachine, type Machine } from '../helpers/machine/machine.js';
import { seeChange } from '../helpers/see_change.js';

const root = path.join(import.meta.dirname, '../..');
const agentProgram = path.join(root, 'dist/test/helpers/agent/execute_command.js');

let folder: string;
let machine: Machine;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'drover-units-'));
  await chmod(folder, 0o755);
  machine = await bootMachine({ writable: [folder] });
});
afterAll(async () => {
  await machine.stop();
  await rm(folder, { recursive: true });
});

test('all tests inside a machine pass: the contract of launchers, and what units do', async () => {
  // The repository cannot be written to from there.
  const options = ['--configLoader', 'runner', '--reporter', 'dot', '--no-color'];
  const vitest = [path.join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--project', 'inside', ...options];
  const config = ['--config', path.join(root, 'test/vitest.config.ts')];
  const shown = await machine.run([process.execPath, ...vitest, ...config]);
  expect(shown).toMatch(/Tests\s+\d+ passed/);
});

test('a reboot ends the agent first, then its commands, and none of them has an exit', async () => {
  const wait = 'while :; do sleep 0.02; done';
  // The agent takes a while to stop: a command that was told before it had ended says so. It needs no other process for
  // that: systemd goes on to signal what it finds, and would end that as well.
  const told = "trap 'if [ -e agent-ended ]; then : >told; else : >told-early; fi; exit 0' TERM";
  await begin('drover-agent', 'tells', `${told}; touch tells; ${wait}`);
  await begin('other-agent', 'stubborn', `trap "" TERM; touch stubborn; ${wait}`);
  await machine.reboot();
  expect(readdirSync(folder).toSorted()).toEqual(expect.arrayContaining(['agent-ended', 'told']));
  expect(existsSync(path.join(folder, 'told-early'))).toBe(false);
  for (const name of ['tells', 'stubborn']) {
    const files = readdirSync(path.join(folder, 'state', name));
    expect(files).toContain('started');
    expect(files).not.toContain('exit');
  }
});

/** Has an agent of that unit run the script in a unit, and returns once it has begun. */
async function begin(agent: string, name: string, script: string): Promise<void> {
  mkdirSync(path.join(folder, 'state'), { recursive: true });
  const user = { name: 'root', uid: 0, gid: 0, home: '/root' };
  const argv = ['bash', '-c', script];
  const spec = { title: name, argv, user, cwd: folder, env: { PATH: '/usr/bin:/bin' }, timeLimitMs: 600_000 };
  const work = { folder: path.join(folder, 'state', name), label: `tests/${name}`, launcher: 'systemd', spec };
  const stop = `ExecStop=/bin/sh -c 'sleep 0.5; touch ${folder}/agent-ended'`;
  const start = ['--quiet', `--unit=${agent}`, '--property=KillMode=process', `--property=${stop}`];
  await machine.run(['systemd-run', ...start, process.execPath, agentProgram, JSON.stringify(work)]);
  await seeChange(folder, () => existsSync(path.join(folder, name)));
}
