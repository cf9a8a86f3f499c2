import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test, vi } from 'vitest';
import { findLastingProcesses } from '../../helpers/agent/host_processes.js';

const built = path.join(import.meta.dirname, '../../../dist/test/helpers/faults/power_disk.js');
/** Makes a disk with a process on it, and is killed. */
const program = `
import { spawn } from 'node:child_process';
import { makePowerDisk } from '${built}';
const { folder, outside } = await makePowerDisk();
spawn('sleep', ['600'], { cwd: folder, env: { FOLDER: folder, PATH: process.env.PATH }, detached: true, stdio: 'ignore' });
process.stdout.write(outside, () => process.kill(process.pid, 'SIGKILL'));
`;

const listLoops = () =>
  readdirSync('/sys/block')
    .map((name) => `/sys/block/${name}/loop/backing_file`)
    .flatMap((file) => (existsSync(file) ? [readFileSync(file, 'utf8')] : []));

test('a test that is killed leaves no disk, no loop device and no process on it', async () => {
  const args = ['--input-type=module', '-e', program];
  const outside = await text(spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] }).stdout);
  expect(outside).toContain('drover-power-');
  await vi.waitFor(() => expect(existsSync(outside)).toBe(false), { timeout: 10_000 });
  expect(listLoops().filter((file) => file.startsWith(outside))).toEqual([]);
  expect(await findLastingProcesses(outside)).toEqual([]);
});
