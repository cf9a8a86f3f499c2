// Services that a command starts: they outlive it, in a unit of their own.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { executeCommand } from '../../../../agent/command/execute.js';
import { currentUser } from '../../../../agent/command/user.js';
import { openLaunchers } from '../../../helpers/agent/in_process_host.js';
import { makeLab, type Lab } from '../../../integration/agent/command/lab.js';
import { patience, systemctl, waitUntil, whenLetGo } from './unit_lab.js';

let lab: Lab;
const launcher = openLaunchers('systemd');
beforeEach(() => {
  lab = makeLab();
});
afterEach(async () => {
  letGo();
  await waitUntil(() => lab.processes().length === 0);
  systemctl('stop', 'drover-services-*');
  await lab.remove();
});

const letGo = () => writeFileSync(lab.place('go'), '');
const folderOf = (name: string) => path.join(lab.folder, name);
const unitOf = (folder: string) => readFileSync(path.join(folder, 'launcher'), 'utf8').trim().replace('systemd ', '');
const show = (unit: string, property: string) => systemctl('show', `--property=${property}`, '--value', unit).trim();
/** Starts a service that notes `name`, in a run folder of that name. */
const start = (name: string) => {
  const { spec, ...execution } = lab.execution(`(${service(name)}) & while [ ! -e ${name} ]; do sleep 0.01; done`);
  const work = { ...execution, folder: folderOf(name), launcher, spec: { ...spec, keepsChildren: true } };
  return executeCommand(work);
};
const service = (name: string) => `touch ${name}; ${whenLetGo}`;

test('they run on when their start has ended, and when their unit is stopped', async () => {
  expect(await start('one')).toMatchObject({ code: 0, cause: 'exited', left: [] });
  const unit = unitOf(folderOf('one'));
  expect(unit).toMatch(/^drover-services-[0-9a-f]{8}-testsite\.[0-9a-f]{8}\.service$/);
  await vi.waitFor(() => expect(show(unit, 'SubState')).toBe('exited'), patience);
  expect(['TasksMax', 'MemoryMax', 'NoNewPrivileges'].map((name) => show(unit, name))).toEqual([
    'infinity',
    'infinity',
    'no',
  ]);
  systemctl('stop', unit);
  expect(lab.processes()).not.toEqual([]);
});

test('another start ends nothing of the first, whose unit is stopped, and each reaches its own', async () => {
  await start('one');
  expect(await start('two')).toMatchObject({ code: 0 });
  const state = (name: string) => show(unitOf(folderOf(name)), 'ActiveState');
  await vi.waitFor(() => expect(['one', 'two'].map(state)).toEqual(['inactive', 'active']), patience);
  const kill = (name: string) => launcher.kill(folderOf(name), { user: currentUser(), signal: null });
  const [one, two] = [await kill('one'), await kill('two')];
  expect([one.length, two.length]).toEqual([expect.toSatisfy((n) => n > 0), expect.toSatisfy((n) => n > 0)]);
  expect(one.filter((pid) => two.includes(pid))).toEqual([]);
  expect(await launcher.readState(folderOf('one'))).toEqual({ state: 'exited', status: 0 });
});

test('a start that overruns its time is ended with all that it has started', async () => {
  const { spec, ...execution } = lab.execution(`(${service('one')}) & wait`);
  const late = { ...spec, keepsChildren: true, timeLimitMs: 300 };
  const outcome = await executeCommand({ ...execution, launcher, spec: late });
  expect(outcome).toMatchObject({ cause: 'time-limit', left: [] });
  await vi.waitFor(() => expect(lab.processes()).toEqual([]), patience);
});
