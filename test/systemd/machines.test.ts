// The machines of these tests are what the tests take them for: they limit units, boot again, and leave nothing behind.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { runProgram } from '../../deploy/demo/run_program.js';
import { bootMachine, type Machine } from '../helpers/machine/machine.js';
import { seeChange } from '../helpers/see_change.js';

const lasting = `[Service]
ExecStart=sleep infinity
[Install]
WantedBy=multi-user.target
`;
const take = (megabytes: number) => ['perl', '-e', `my $all = "a" x ${megabytes}_000_000; print "had it"`] as const;

describe('a machine', () => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await bootMachine({ disk: '/srv' });
  });
  afterAll(() => machine.stop());

  const runLimited = (limit: string, ...argv: [string, ...string[]]) =>
    machine.run(['systemd-run', '--quiet', '--wait', '--pipe', `--property=${limit}`, ...argv]);

  test('ends a unit that takes more memory than MemoryMax', async () => {
    expect(await runLimited('MemoryMax=100M', ...take(30))).toBe('had it');
    await expect(runLimited('MemoryMax=100M', ...take(300))).rejects.toThrow('Command failed');
  });

  test('lets a unit have no more processes than TasksMax', async () => {
    const fork = 'while (@all < 50 && defined(my $pid = fork)) { $pid or sleep(60), exit; push @all, $pid }';
    const started = await runLimited('TasksMax=20', 'perl', '-e', `${fork} print scalar @all; kill "KILL", @all`);
    expect(Number(started)).toBe(19);
  });
});

describe('a machine that boots again', () => {
  let machine: Machine;
  beforeEach(async () => {
    machine = await bootMachine({ disk: '/srv' });
    await machine.write('/etc/systemd/system/lasting.service', lasting);
    await machine.run(['systemctl', 'enable', '--now', 'lasting.service']);
    await machine.write('/srv/synced', '');
    await machine.run(['sync', '/srv/synced']);
    await machine.write('/srv/unsynced', '');
  });
  afterEach(() => machine.stop());

  const look = async () => ({
    boot: await machine.run(['cat', '/proc/sys/kernel/random/boot_id']),
    unit: await machine.run(['systemctl', 'is-active', 'lasting.service']),
    files: (await machine.run(['ls', '/srv'])).split('\n').filter((name) => name !== 'lost+found'),
  });

  test('has all its files after a reboot, and another boot id', async () => {
    const { boot } = await look();
    await machine.reboot();
    const after = await look();
    expect(after).toEqual({ boot: expect.any(String), unit: 'active', files: ['synced', 'unsynced'] });
    expect(after.boot).not.toBe(boot);
  });

  test('has what its disk had synced after a power cut, and another boot id', async () => {
    const { boot } = await look();
    await machine.cutPower();
    const after = await look();
    expect(after).toEqual({ boot: expect.any(String), unit: 'active', files: ['synced'] });
    expect(after.boot).not.toBe(boot);
  });
});

const program = path.join(import.meta.dirname, '../../dist/test/helpers/machine/machine.js');
const bootAndWait = `
const { bootMachine } = await import(${JSON.stringify(program)});
await bootMachine({ disk: '/srv' });
console.log('up');
setInterval(() => {}, 1000);
`;
const groups = ['', 'systemd', 'unified', 'memory', 'pids', 'cpu'].map((name) => path.join('/sys/fs/cgroup', name));

test('a machine leaves neither processes nor cgroups nor files nor disks behind when its test is killed', async () => {
  const place = mkdtempSync(path.join(tmpdir(), 'drover-machines-'));
  onTestFinished(() => rmSync(place, { recursive: true }));
  const owner = spawn(process.execPath, ['--input-type=module', '-e', bootAndWait], {
    env: { ...process.env, TMPDIR: place },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(owner.stdout, 'data');
  const [name = ''] = readdirSync(place);
  const listGroups = () => groups.map((group) => path.join(group, name)).filter((group) => existsSync(group));
  expect(listGroups().length).toBeGreaterThan(0);
  owner.kill('SIGKILL');
  await seeChange(place, () => readdirSync(place).length === 0);
  // A cgroup goes only when it has no process.
  expect(listGroups()).toEqual([]);
  const env = { PATH: '/usr/sbin:/usr/bin' };
  expect(await runProgram(['losetup', '--list', '--output', 'BACK-FILE'], { cwd: '/', env })).not.toContain(name);
});
