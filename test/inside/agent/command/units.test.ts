// What the systemd launcher alone promises: a unit for each command, which bounds it, ends what it leaves, and is gone.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { UnitLimits } from '../../../../agent/command/spec.js';
import { openLaunchers } from '../../../helpers/agent/in_process_host.js';
import { nobody } from '../../../helpers/agent/run_commands.js';
import {
  listUnits,
  makeUnitLab,
  patience,
  systemctl,
  untilLetGo,
  waitUntil,
  whenLetGo,
  type UnitLab,
} from './unit_lab.js';

let lab: UnitLab;
beforeEach(() => {
  lab = makeUnitLab(nobody);
});
afterEach(async () => {
  await lab.endAll(lab.launcher);
  await lab.remove();
  await waitUntil(() => listUnits() + systemctl('--failed', '--no-legend') === '');
});

const disk = () => path.join(lab.folder, 'disk');
const letGo = () => writeFileSync(lab.place('go'), '');
const runs = () => readFileSync(lab.place('runs'), 'utf8');
const endSupervisors = async (which: (pids: number[]) => number[]) => {
  for (const pid of which(await lab.supervisors())) process.kill(pid, 'SIGKILL');
};
const unitWith = (limits: Partial<UnitLimits>) => ({
  unit: { tenant: 'testsite', limits: { tasks: 1000, memory: 'unlimited', cpu_weight: 100, ...limits } as const },
});

test('a command has a unit that names tenant and command, and is gone once it has ended, also when it failed', async () => {
  await lab.launch(untilLetGo);
  await lab.begun();
  expect(lab.unit()).toMatch(/^drover-command-[0-9a-f]{8}-drover-command-\w+-[0-9a-f]{8}\.service$/);
  expect(lab.show('ActiveState')).toBe('active');
  expect(lab.show('Description')).toBe('drover: testsite: test');
  expect(lab.show('Before')).toContain('drover-agent.service');
  letGo();
  expect(await lab.reach('exited')).toEqual({ state: 'exited', status: 3 });
  await vi.waitFor(() => expect(lab.show('LoadState')).toBe('not-found'), patience);
});

test('nothing of its environment and its command line is in a property of the unit', async () => {
  const secret = 'correct-horse-battery';
  await lab.launch(`: ${secret}; ${untilLetGo}`, { env: { PATH: '/usr/bin:/bin', TOKEN: secret } });
  await lab.begun();
  const shown = systemctl('show', '--all', lab.unit()) + systemctl('cat', lab.unit());
  expect(shown).toContain(path.join(lab.run, 'supervisor'));
  expect(shown).not.toContain(secret);
  expect(shown).not.toContain('DROVER_COMMAND');
  letGo();
  await lab.reach('exited');
});

test('no name of a command takes a property from its unit, when systemd reads it again', async () => {
  await lab.launch(untilLetGo, { title: String.raw`100%n of $HOME "and" \x41 \ ` + '\n\\' });
  await lab.begun();
  systemctl('daemon-reload');
  expect(lab.show('Description')).toBe('drover: testsite: 100%n of $HOME "and" x41');
  expect(lab.show('CollectMode')).toBe('inactive-or-failed');
  letGo();
  await lab.reach('exited');
});

test('a restart of the unit ends the command, and runs nothing twice', async () => {
  await lab.launch(untilLetGo);
  await lab.begun();
  systemctl('restart', lab.unit());
  expect(await lab.reach('exited')).toEqual({ state: 'exited', status: 143 });
  await vi.waitFor(() => expect(listUnits()).toBe(''), patience);
  expect(runs()).toBe('run\n');
  expect(await lab.reach('exited')).toEqual({ state: 'exited', status: 143 });
});

describe('a supervisor that is killed', () => {
  test.each([
    { which: 'both', choose: (pids: number[]) => pids },
    { which: 'the first', choose: (pids: number[]) => pids.slice(0, 1) },
    { which: 'the second', choose: (pids: number[]) => pids.slice(1) },
  ])('leaves an exit all the same: $which of its processes', async ({ choose, which }) => {
    await lab.launch(untilLetGo);
    await lab.begun();
    await endSupervisors(choose);
    if (which === 'the second') letGo();
    const status = { both: 137, 'the first': 143, 'the second': 3 }[which];
    expect(await lab.reach('exited')).toEqual({ state: 'exited', status });
    await vi.waitFor(() => expect(lab.processes()).toEqual([]), patience);
    expect(runs()).toBe('run\n');
  });

  test('does so after systemd has read its configuration again', async () => {
    await lab.launch(untilLetGo);
    await lab.begun();
    systemctl('daemon-reload');
    await endSupervisors((pids) => pids);
    expect(await lab.reach('exited')).toEqual({ state: 'exited', status: 137 });
  });
});

describe('what a command leaves behind ends with it', () => {
  const escape = 'setsid env -i PATH=/usr/bin:/bin sh -c';
  test.each([
    { what: 'in a session of its own, without its cookie, ignoring SIGTERM', script: `trap "" TERM; ${whenLetGo}` },
    { what: 'that starts itself anew', script: 'echo again >>again; exec setsid sh ./again.sh' },
    { what: 'that writes to its output without end', script: 'trap "" TERM; exec yes' },
  ])('a process $what', async ({ script }) => {
    writeFileSync(lab.place('again.sh'), `touch runs; (${escape} 'exec sh ./again.sh' &) ; sleep 0.05`);
    writeFileSync(lab.place('left.sh'), `touch runs; ${script}`);
    const outcome = await lab.executeIn(
      lab.launcher,
      `(${escape} 'exec sh ./left.sh' &); while [ ! -e runs ]; do sleep 0.01; done; exit 4`,
    );
    expect(outcome).toMatchObject({ code: 4, cause: 'exited', left: [] });
    const size = readFileSync(path.join(lab.run, 'output')).length;
    await vi.waitFor(() => expect(listUnits()).toBe(''), patience);
    expect(readProcesses()).toEqual([]);
    expect(readFileSync(path.join(lab.run, 'output')).length).toBe(size);
  });
});

/** Those of the user that run in the lab's folder. */
function readProcesses(): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/status`, 'utf8').includes(`Uid:\t${nobody.uid}`);
    } catch {
      return false;
    }
  });
}

describe('a limit holds', () => {
  test('a command that forks without end', async () => {
    const bomb = 'bomb() { bomb | bomb & }; bomb 2>/dev/null; sleep 0.5; touch runs; sleep 600';
    await lab.launch(bomb, unitWith({ tasks: 40 }));
    await lab.begun();
    expect(lab.show('TasksMax')).toBe('40');
    expect(Number(lab.show('TasksCurrent'))).toBeLessThanOrEqual(40);
    await vi.waitFor(async () => expect(await lab.kill('SIGKILL')).toEqual([]), patience);
    expect(await lab.reach('exited')).toEqual({ state: 'exited', status: 137 });
  });

  test('a command that eats memory', async () => {
    const eat = ['perl', '-e', 'my $all = "a" x 300_000_000; mkdir "ate"'] as const;
    const limits = unitWith({ memory: 64 * 1024 ** 2 });
    await lab.launcher.launch({ ...lab.execution(eat, limits), maxOutputBytes: 1024 ** 2 }, () => {});
    expect(await lab.reach('exited')).toEqual({ state: 'exited', status: 137 });
    expect(readdirSync(lab.cwd)).not.toContain('ate');
  });

  test('a part of the memory of the host', async () => {
    await lab.launch(untilLetGo, unitWith({ memory: { percent: 50 }, cpu_weight: 20 }));
    await lab.begun();
    expect(Number(lab.show('MemoryMax'))).toBeGreaterThan(1024 ** 2);
    expect(lab.show('CPUWeight')).toBe('20');
    letGo();
    await lab.reach('exited');
  });
});

describe('the code of a tenant', () => {
  const look = 'grep -E "^(NoNewPrivs|CapBnd|Seccomp):" /proc/self/status; ulimit -c; touch runs';
  const see = async (user: typeof nobody) => {
    await lab.launch(look, { user });
    await lab.reach('exited');
    return lab.output().replaceAll('\t', '').trim().split('\n');
  };

  test('is protected, and the host from it', async () => {
    expect(await see(nobody)).toEqual(['CapBnd:0000000000000000', 'NoNewPrivs:1', 'Seccomp:2', '0']);
  });

  test('keeps the right to gain rights where the tenant file says so', async () => {
    const [bounding, ...others] = await see({ ...nobody, privileges: 'keep' });
    expect(bounding).not.toBe('CapBnd:0000000000000000');
    expect(others).toEqual(['NoNewPrivs:0', expect.stringMatching(/Seccomp:\d/), '0']);
  });
});

describe('another choice of launcher', () => {
  test.each([
    { before: 'systemd', after: 'plain' },
    { before: 'plain', after: 'systemd' },
  ] as const)('changes nothing for a command that runs: $before, then $after', async ({ before, after }) => {
    const [first, later] = [openLaunchers(before), openLaunchers(after)];
    await first.launch({ ...lab.execution(untilLetGo), maxOutputBytes: 1024 ** 2 }, () => {});
    await lab.begun();
    expect(await later.readState(lab.run)).toMatchObject({ state: 'running' });
    await later.launch({ ...lab.execution(untilLetGo), maxOutputBytes: 1024 ** 2 }, () => {});
    expect((await lab.kill(null, later)).length).toBeGreaterThan(0);
    await lab.kill('SIGTERM', later);
    expect(await lab.reach('exited', later)).toEqual({ state: 'exited', status: 143 });
    expect(runs()).toBe('run\n');
    expect(readdirSync(lab.run).includes('launcher')).toBe(before === 'systemd');
  });
});

test('a command that the agent began, and left running, is adopted with its exit', async () => {
  const shutdown = new AbortController();
  const running = lab.executeIn(lab.launcher, untilLetGo, { shutdown: shutdown.signal });
  await lab.begun();
  shutdown.abort(new Error('the agent ends'));
  await expect(running).rejects.toThrow('the agent ends');
  const next = lab.executeIn(openLaunchers('systemd'), untilLetGo);
  letGo();
  expect(await next).toMatchObject({ code: 3, cause: 'exited', left: [] });
  expect(runs()).toBe('run\n');
});

test('a command is ended at its time limit, then by SIGKILL', async () => {
  const { spec, ...execution } = lab.execution(`trap "" TERM; touch runs; ${whenLetGo}`);
  const outcome = await lab.executeIn(lab.launcher, '', { ...execution, spec: { ...spec, timeLimitMs: 500 } });
  expect(outcome).toMatchObject({ code: null, signal: 'SIGKILL', cause: 'time-limit', left: [] });
});

describe('on a disk without room for its start', () => {
  beforeEach(() => {
    mkdirSync(disk());
    // For the two folders, and the four files that are there before the unit starts.
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'nr_inodes=6', 'tmpfs', disk()]);
  });
  afterEach(() => vi.waitFor(() => execFileSync('umount', [disk()], { stdio: 'pipe' }), patience));

  test('a command is not begun and an error says why; with room it can be', async () => {
    const folder = path.join(disk(), 'run');
    const execution = { folder, spec: lab.execution('touch ran').spec };
    await expect(lab.executeIn(lab.launcher, '', execution)).rejects.toMatchObject({
      code: 'io',
      message: `no command could be started in ${folder}`,
      hint: expect.stringContaining('journalctl --unit=drover-command-'),
    });
    expect(readdirSync(lab.cwd)).toEqual([]);
    execFileSync('mount', ['-o', 'remount,nr_inodes=100', disk()]);
    expect(await lab.executeIn(lab.launcher, '', execution)).toMatchObject({ code: 0 });
    expect(readdirSync(lab.cwd)).toEqual(['ran']);
  });
});
