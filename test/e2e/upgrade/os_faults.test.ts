// What a host may run out of in the middle of an upgrade, the disk of the agent's state apart (failing_disks.test.ts).
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { addReleaseOn } from '../../helpers/agent/agent_host.js';
import { expectOldVersion, expectUntouched, hookScript, runShell, useHosts } from './hosts.js';

const hosts = useHosts({ releases: [] });

/** A release that fails in its hook, which does this. */
async function addFailingRelease(tag: string, body: string): Promise<void> {
  const files = { [`release/${tag}.pre-migrate.sh`]: hookScript('pre-migrate', body) };
  await addReleaseOn(hosts.template().repository, { base: 'v0.2.0', tag }, files);
}

test.each([25, 55])('without a file descriptor to spare from event %i on: back once there are some', async (n) => {
  const host = await hosts.open();
  await host.stop();
  const agent = await host.start({ fault: { n, script: 'prlimit --pid "$PPID" --nofile=3:' } });
  const before = await host.look();
  const client = await host.connect();
  const id = await client.ask({ version: 'v0.4.0' });
  await agent.logged('the upgrade waits until this error is fixed');
  execFileSync('prlimit', [`--pid=${agent.pid}`, '--nofile=1024:']);
  const { result, seamless } = await client.follow(id);
  expect(seamless).toBe(true);
  expect(result).toMatchObject({
    status: 'rolled_back',
    failure: { message: expect.stringContaining('EMFILE'), needs_operator: false },
  });
  await expectOldVersion(host, before);
});

test('back, with what it may have been, when a hook is killed as the kernel does for want of memory', async () => {
  await addFailingRelease('v0.2.1', 'echo eating; kill -KILL $$');
  const host = await hosts.open();
  const before = await host.look();
  const { result, seamless } = await host.upgrade({ version: 'v0.2.1' });
  expect(seamless).toBe(true);
  expect(result).toMatchObject({
    status: 'rolled_back',
    failure: {
      step: 'hooks-pre-migrate',
      message: 'pre-migrate: v0.2.1.pre-migrate.sh - FAILED (ended by SIGKILL)',
      hint: expect.stringContaining('Out of memory'),
      output_tail: expect.stringContaining('eating'),
    },
  });
  await expectOldVersion(host, before);
});

test('waits for an operator when the tenant’s own disk becomes read-only, and is put back once it is not', async () => {
  const disk = mkdtempSync(path.join(tmpdir(), 'drover-tenant-'));
  const stateFolder = mkdtempSync(path.join(tmpdir(), 'drover-state-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=200m,mode=755', 'drover-test', disk]);
  onTestFinished(() => {
    execFileSync('umount', [disk]);
    for (const folder of [disk, stateFolder]) rmSync(folder, { recursive: true });
  });
  const folder = path.join(disk, 'host');
  mkdirSync(folder);
  await addFailingRelease('v0.2.2', `mount -o remount,ro ${disk}; exit 3`);
  const host = await hosts.open({ folder, stateFolder });
  const before = await host.look();
  const { result, id } = await host.upgrade({ version: 'v0.2.2' });
  runShell('mount -o remount,rw "$1"', disk);
  expect(result).toMatchObject({
    status: 'failed',
    failure: { needs_operator: true, hint: expect.stringContaining('resume testsite') },
  });
  expect(JSON.stringify(result.failure)).toMatch(/read-only file system/i);

  const client = await host.connect();
  await client.command({ type: 'resume', accept: false });
  const resumed = await client.follow(id, { finishes: 2 });
  expect(resumed).toMatchObject({ seamless: true, result: { status: 'rolled_back', failure: { exit_code: 3 } } });
  await expectOldVersion(host, before);
});

test('nothing is begun, neither forward nor back, where it could not be recorded', async () => {
  const host = await hosts.open();
  await host.upgrade({ version: 'v0.2.0' });
  const before = await host.look();
  const client = await host.connect();
  execFileSync('mount', ['--bind', host.stateFolder, host.stateFolder]);
  onTestFinished(() => void execFileSync('umount', [host.stateFolder]));
  execFileSync('mount', ['-o', 'remount,bind,ro', host.stateFolder]);
  const refusal = {
    code: 'io',
    message: expect.stringMatching(/state\/\w+ cannot be written: EROFS/),
    hint: expect.stringContaining('make it writable'),
  };
  await expect(client.ask({ version: 'v0.4.0' })).rejects.toMatchObject(refusal);
  await expect(client.command({ type: 'rollback', restore_database: true })).rejects.toMatchObject(refusal);
  await expectUntouched(host, before);
});
