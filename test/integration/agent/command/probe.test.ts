import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { findProcess } from '../../../../agent/command/process/processes.js';
import { agentLimits } from '../../../../agent/limits.js';
import { createProbe } from '../../../../agent/command/probe.js';
import type { RunProbe } from '../../../../agent/command/spec.js';
import { currentUser } from '../../../../agent/command/user.js';
import { findProcesses } from '../../../helpers/agent/host_processes.js';
import { nobody } from '../../../helpers/agent/run_commands.js';

let folder: string;
let cwd: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'drover-probe-'));
  chmodSync(folder, 0o755);
  cwd = path.join(folder, 'cwd');
  mkdirSync(cwd);
  execFileSync('chown', ['nobody:', cwd]);
});
afterEach(() => rm(folder, { recursive: true }));

const open = (signal = new AbortController().signal) => createProbe({ agentUid: currentUser().uid, signal });
const place = (name: string) => path.join(cwd, name);
/** A name that nothing else on this machine has in its arguments. */
const mark = () => path.basename(folder);

describe.each([currentUser(), nobody])('a look at the tenant as $name', (user) => {
  const shell = (script: string, over: Partial<Parameters<RunProbe>[0]> = {}, probe = open()) =>
    probe({ argv: ['sh', '-c', script, mark()], user, cwd, env: { PATH: '/usr/bin:/bin' }, ...over });

  test('answers what was printed, apart, and the exit code', async () => {
    const answer = await shell('id -u; pwd; echo no >&2; exit 3');
    expect(answer).toEqual({ exitCode: 3, stdout: `${user.uid}\n${cwd}\n`, stderr: 'no\n' });
  });

  test('answers as a shell does when a signal ended it, or it is not there', async () => {
    expect(await shell('kill -KILL $$')).toMatchObject({ exitCode: 137 });
    expect(await shell('', { argv: ['./missing'] })).toMatchObject({ exitCode: 127 });
  });

  test('answers all of a long output', async () => {
    const { stdout } = await shell('yes 0123456789abcdef | head -c 3000000');
    expect(stdout).toBe('0123456789abcdef\n'.repeat(180_000).slice(0, 3_000_000));
  });

  test('has the environment that is given, nothing else, and no input', async () => {
    const env = { VALUE: `it's $(id)\n"` };
    const { stdout } = await shell('', { argv: ['cat', '/proc/self/environ', '-'], env });
    expect(stdout.split('\0').toSorted()).toEqual([
      '',
      expect.stringMatching(/^DROVER_COMMAND=[0-9a-f]{32}$/),
      'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      `VALUE=${env.VALUE}`,
    ]);
  });

  test('ends when the command does, whoever holds its output open', async () => {
    const script =
      'setsid sh -c "echo \\$\\$ >pid; while [ ! -e go ]; do sleep 0.01; done" & while [ ! -s pid ]; do sleep 0.01; done; echo done';
    expect(await shell(script)).toEqual({ exitCode: 0, stdout: 'done\n', stderr: '' });
    writeFileSync(place('go'), '');
    const pid = Number(readFileSync(place('pid'), 'utf8'));
    await vi.waitFor(() => expect(findProcess(pid)).toBeNull());
  });

  test('leaves none of its children behind', async () => {
    await shell('(while :; do sleep 0.01; done) & exit 0');
    await vi.waitFor(() => expect(findProcesses(mark())).toEqual([]));
  });

  test.each(['', "trap '' TERM; "])('is ended at its time limit, with its children (%j)', async (trap) => {
    const running = shell(`${trap}(while :; do sleep 0.01; done) & wait; while :; do sleep 0.01; done`, {
      timeLimitMs: 99.5,
    });
    await expect(running).rejects.toMatchObject({ code: 'time-limit', message: expect.stringContaining('0.1 s') });
    await vi.waitFor(() => expect(findProcesses(mark())).toEqual([]));
  });

  test('is ended when it is aborted', async () => {
    const abort = new AbortController();
    const running = shell('touch begun; while :; do sleep 0.01; done', {}, open(abort.signal));
    await vi.waitFor(() => expect(readdirSync(cwd)).toContain('begun'));
    abort.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
    // The loop is dead; what it had just started may still be on its way out.
    await vi.waitFor(() => expect(findProcesses(mark())).toEqual([]));
  });

  test('does not begin once it is aborted', async () => {
    await expect(shell('touch begun', {}, open(AbortSignal.abort(new Error('enough'))))).rejects.toThrow('enough');
    expect(readdirSync(cwd)).toEqual([]);
  });

  test.for([`head -c 99M /dev/zero | tr '\\0' x`, 'yes', 'cat /dev/zero', 'yes >&2'])(
    'is ended when it prints without end: %s',
    async (script) => {
      await expect(shell(script)).rejects.toMatchObject({ code: 'output-limit' });
    },
  );

  test('may print as many lines, or entries of a list, as the limit, and no more', async () => {
    const { max } = agentLimits.probeLines;
    const { stdout } = await shell(`yes '' | head -n ${max - 1}; printf '\\0'`);
    expect(stdout).toHaveLength(max);
    await expect(shell(`yes '' | head -n ${max}; printf '\\0'`)).rejects.toMatchObject({
      code: 'output-limit',
      message: expect.stringContaining('64 MiB, or 1000000 lines'),
    });
  });
});

test('a look as another user starts as root with nothing that the tenant set: no PATH, no LD_PRELOAD', async () => {
  writeFileSync(place('setpriv'), `#!/bin/sh\nid -u >'${folder}/taken'\n`, { mode: 0o755 });
  const env = { PATH: `${cwd}:/usr/bin:/bin`, LD_PRELOAD: '/no/such/library.so' };
  const { stdout } = await open()({ argv: ['id', '-u'], user: nobody, cwd, env });
  expect(stdout).toBe(`${nobody.uid}\n`);
  expect(readdirSync(folder)).toEqual(['cwd']);
});
