// Disks that are too small, or fill up during the upgrade: small file systems of their own show it.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { addReleaseOn, type TenantPlace } from '../../helpers/agent/agent_host.js';
import { expectOldVersion, expectUntouched, hookScript, useHosts } from './hosts.js';

const hosts = useHosts({ releases: [] });

/** A file system of this size, for one test. To be called before the host is made: what is on it ends first. */
function mountSmall(size: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'drover-small-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=755`, 'drover-test', folder]);
  onTestFinished(() => {
    execFileSync('umount', [folder]);
    rmSync(folder, { recursive: true });
  });
  return folder;
}

/** A release whose hook fills the file system of a folder to the last byte, and fails. */
async function addFillingRelease(tag: string, { folder }: { folder: string }): Promise<void> {
  const fill = `! head -c 1G /dev/zero >"${folder}/fill" 2>/dev/null && exit 3`;
  await addReleaseOn(
    hosts.template().repository,
    { base: 'v0.2.0', tag },
    { [`release/${tag}.pre-migrate.sh`]: hookScript('pre-migrate', fill) },
  );
}

test('refuses to begin where there is no room for backup, restore and journal', async () => {
  const small = mountSmall('40m');
  const host = await hosts.open({ stateFolder: path.join(small, 'state') });
  const before = await host.look();
  const { result } = await host.upgrade({ version: 'v0.4.0' });
  expect(result).toMatchObject({
    status: 'refused',
    failure: { code: 'disk-full', message: expect.stringContaining(small) },
  });
  await expectUntouched(host, before);
});

test('refuses to begin where there is no room for what the hooks are exported with', async () => {
  const small = mountSmall('80m');
  const host = await hosts.open({ stateFolder: path.join(small, 'state') });
  const data = 'x'.repeat(12_000_000);
  const files = { 'release/v0.2.4.sh': hookScript('post-pull', ''), 'release/a': data, 'release/b': data };
  await addReleaseOn(hosts.template().repository, { base: 'v0.2.0', tag: 'v0.2.4' }, files);
  const before = await host.look();
  const { result } = await host.upgrade({ version: 'v0.2.4' });
  expect(result).toMatchObject({
    status: 'refused',
    failure: { code: 'disk-full', message: expect.stringContaining(small) },
  });
  await expectUntouched(host, before);
});

test('refuses to begin where the database has no room for its backup and for what a restore needs', async () => {
  const folder = path.join(mountSmall('200m'), 'host');
  mkdirSync(folder);
  const stateFolder = mkdtempSync(path.join(tmpdir(), 'drover-state-'));
  onTestFinished(() => rmSync(stateFolder, { recursive: true }));
  const host = await hosts.open({ folder, stateFolder });
  const ballast = new DatabaseSync(path.join(host.tenant.dataDir, 'notes.db'));
  ballast.exec('CREATE TABLE ballast AS SELECT randomblob(80000000) AS bytes; PRAGMA wal_checkpoint(TRUNCATE)');
  ballast.close();
  const before = await host.look();
  const { result } = await host.upgrade({ version: 'v0.2.0' });
  expect(result).toMatchObject({
    status: 'refused',
    failure: { code: 'disk-full', message: expect.stringContaining(path.dirname(folder)) },
  });
  await expectUntouched(host, before);
});

test('is put back, and loses no line, when the disk of the agent fills up', async () => {
  const small = mountSmall('80m');
  const stateFolder = path.join(small, 'state');
  const host = await hosts.open({ stateFolder });
  await addFillingRelease('v0.2.1', { folder: small });
  const before = await host.look();
  const { result, seamless } = await host.upgrade({ version: 'v0.2.1' });
  expect(existsSync(path.join(small, 'fill'))).toBe(true);
  expect(seamless).toBe(true);
  expect(result).toMatchObject({
    status: 'rolled_back',
    current_version: 'v0.1.0',
    failure: { step: 'hooks-pre-migrate', exit_code: 3 },
  });
  await expectOldVersion(host, before);
});

test('is put back when the one disk of tenant and agent fills up', async () => {
  const small = mountSmall('200m');
  const folder = path.join(small, 'host-folder');
  mkdirSync(folder);
  const host = await hosts.open({ folder });
  await addFillingRelease('v0.2.2', { folder: small });
  const before = await host.look();
  const { result, seamless } = await host.upgrade({ version: 'v0.2.2' });
  expect(seamless).toBe(true);
  expect(result).toMatchObject({
    status: 'rolled_back',
    current_version: 'v0.1.0',
    failure: { step: 'hooks-pre-migrate', exit_code: 3 },
  });
  await expectOldVersion(host, before);
});

const beImpatient = ({ health }: TenantPlace) => ({
  health: { url: health, interval: '20ms', successes: 2, timeout: '1s' },
});

test('waits for an operator when the full disk lets not even the old version start, and is put back once there is room', async () => {
  const small = mountSmall('200m');
  const folder = path.join(small, 'host');
  mkdirSync(folder);
  const stateFolder = mkdtempSync(path.join(tmpdir(), 'drover-state-'));
  onTestFinished(() => rmSync(stateFolder, { recursive: true }));
  const host = await hosts.open({ folder, stateFolder, makeKeys: beImpatient });
  await addFillingRelease('v0.2.3', { folder: small });
  const before = await host.look();
  const { result, id } = await host.upgrade({ version: 'v0.2.3' });
  expect(result).toMatchObject({
    status: 'failed',
    current_version: 'v0.1.0',
    failure: { step: 'stop-services', needs_operator: true, hint: expect.stringContaining('resume testsite') },
  });
  expect(await host.look()).toMatchObject({ head: 'v0.1.0', database: before.database, markers: [], leftovers: [] });

  rmSync(path.join(small, 'fill'));
  const client = await host.connect();
  await client.command({ type: 'resume', accept: false });
  const resumed = await client.follow(id, { finishes: 2 });
  expect(resumed.result).toMatchObject({ status: 'rolled_back', failure: { exit_code: 3, needs_operator: false } });
  await expectOldVersion(host, before);
});
