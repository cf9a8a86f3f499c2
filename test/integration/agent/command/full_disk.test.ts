import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync, existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { executeCommand } from '../../../../agent/command/execute.js';
import { openLauncher } from '../../../helpers/agent/in_process_host.js';
import { makeLab, type Lab } from './lab.js';

let lab: Lab;
let disk: string;
afterEach(async () => {
  // The supervisor ends just after its command.
  await vi.waitFor(() => execFileSync('umount', [disk], { stdio: 'pipe' }));
  await lab.remove();
});

/** Puts a small disk where the run folder will be. */
function mountDisk(options: string) {
  lab = makeLab();
  disk = path.join(lab.folder, 'disk');
  mkdirSync(disk);
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', disk]);
}

function fill(): void {
  expect(() => writeFileSync(path.join(disk, 'ballast'), Buffer.alloc(1024 ** 2))).toThrow('ENOSPC');
}

describe('on a full disk', () => {
  beforeEach(() => mountDisk('size=64k'));

  test.each([
    { script: 'exit 0', code: 0 },
    { script: 'exit 3', code: 3 },
  ])('the exit of a command that did `$script` is known all the same', async ({ script, code }) => {
    const execution = lab.execution(`touch begun; while [ ! -e go ]; do sleep 0.01; done; ${script}`);
    const running = executeCommand({ ...execution, folder: path.join(disk, 'run') });
    await vi.waitFor(() => statSync(lab.place('begun')), { timeout: 10_000 });
    fill();
    writeFileSync(lab.place('go'), '');
    expect(await running).toMatchObject({ code, signal: null, cause: 'exited' });
    expect(await openLauncher().readState(path.join(disk, 'run'))).toEqual({ state: 'exited', status: code });
  });

  test('a command that fills it with its output fails by what it says itself', async () => {
    const execution = lab.execution('yes 2>/dev/null; exit 5');
    const outcome = await executeCommand({ ...execution, folder: path.join(disk, 'run') });
    expect(outcome).toMatchObject({ code: 5, cause: 'exited' });
  });

  test('a command is not begun, and nobody takes it for done', async () => {
    const run = path.join(disk, 'run');
    mkdirSync(run);
    writeFileSync(path.join(run, 'output'), '');
    fill();
    const executing = executeCommand({ ...lab.execution('touch ran'), folder: run });
    await expect(executing).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(existsSync(lab.place('ran'))).toBe(false);
  });
});

describe.each([
  // One page, which the environment takes: `started` can be made, but not written.
  { what: 'space', mount: 'size=4k', remount: 'size=64k' },
  // For the two folders, environment and output.
  { what: 'an inode', mount: 'nr_inodes=4', remount: 'nr_inodes=100' },
])('on a disk without $what for the start of a command', ({ mount, remount }) => {
  beforeEach(() => mountDisk(mount));

  test('it is not begun and an error says why; with room it can be', async () => {
    const folder = path.join(disk, 'run');
    const execution = { ...lab.execution('touch ran'), folder };
    await expect(executeCommand(execution)).rejects.toMatchObject({
      code: 'io',
      message: `no command could be started in ${folder}`,
      hint: expect.stringContaining('disk is full'),
    });
    expect(existsSync(lab.place('ran'))).toBe(false);
    expect(readdirSync(folder).toSorted()).toEqual(['environment', 'output']);
    execFileSync('mount', ['-o', `remount,${remount}`, disk]);
    expect(await executeCommand(execution)).toMatchObject({ code: 0 });
    expect(existsSync(lab.place('ran'))).toBe(true);
  });
});
