// A tenant that Drover has not upgraded yet: its version is detected; adopting it, and its first upgrade, record it.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { recordSchema } from '../../../../shared/model/plan/plan.js';
import { gatedRelease } from '../../../helpers/agent/gated_release.js';
import { parseOutput, useCliHosts, type CliHost } from './run_cli.js';

const hosts = useCliHosts();

const shown = z.object({ version: z.string(), commit: z.string(), detected: z.boolean() });
const statusOf = async (host: CliHost) => parseOutput(shown, (await host.cli('status', 'testsite', '--json')).stdout);
const recordFile = (host: CliHost) => path.join(host.stateFolder, 'records/testsite.json');
const recordOf = (host: CliHost) => recordSchema.parse(JSON.parse(readFileSync(recordFile(host), 'utf8')));
const git = (host: CliHost, ...args: string[]) =>
  execFileSync('git', ['-C', host.tenant.appDir, ...args], { encoding: 'utf8' }).trim();

test('is shown with the version of its work tree, before an agent ever ran and after it was planned', async () => {
  const host = await hosts.open({ hasService: false });
  const head = git(host, 'rev-parse', 'HEAD');
  expect(await statusOf(host)).toEqual({ version: 'v0.1.0', commit: head, detected: true });
  expect((await host.cli('status')).stdout).toMatch(/^testsite +v0\.1\.0 \(detected\) +[0-9a-f]{12} +none yet +idle$/m);
  await host.cli('plan', 'testsite', 'v0.4.0');
  expect(await statusOf(host)).toEqual({ version: 'v0.1.0', commit: head, detected: true });
});

test('adopted, has the record of its version and migrations, once and for good', async () => {
  const host = await hosts.open({ hasService: false });
  const head = git(host, 'rev-parse', 'HEAD');
  const adopted = await host.cli('adopt', 'testsite');
  expect(adopted).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/^testsite is on record at v0\.1\.0 \(/),
  });
  expect(await statusOf(host)).toEqual({ version: 'v0.1.0', commit: head, detected: false });
  const record = recordOf(host);
  expect(record).toMatchObject({ version: 'v0.1.0', commit: head, upgrade_id: null });
  const inTree = git(host, 'ls-files', 'scripts/*.mjs')
    .split('\n')
    .filter((file) => file !== '');
  expect(record.applied_migrations.map(({ file }) => file)).toEqual(inTree);

  expect(await host.cli('adopt', 'testsite', '--from', 'v0.1.0')).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('is on record already, at v0.1.0'),
  });
  expect(await host.cli('adopt', 'testsite', '--from', 'v0.2.0')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('testsite is on record at v0.1.0 already, not at v0.2.0'),
  });
  expect(recordOf(host)).toEqual(record);
  expect(git(host, 'rev-parse', 'HEAD')).toBe(head);
});

test('is not adopted at a version that is unclear, but at one that is named', async () => {
  const host = await hosts.open({ hasService: false });
  git(host, 'checkout', '--quiet', '--orphan', 'own');
  git(host, '-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '--quiet', '--message', 'own');
  expect(await host.cli('adopt', 'testsite')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringMatching(/the version of testsite is unclear: .* holds no release tag[^]*--from TAG/),
  });
  expect(existsSync(recordFile(host))).toBe(false);
  expect(await host.cli('adopt', 'testsite', '--from', 'v0.1.0')).toMatchObject({ exitCode: 0 });
  expect(recordOf(host)).toMatchObject({ version: 'v0.1.0', commit: git(host, 'rev-parse', 'HEAD') });
});

test('has its record before its first upgrade changes anything, and still has it when that is rolled back', async () => {
  const host = await hosts.open();
  const upgrade = host.begin('upgrade', 'testsite', gatedRelease.tag);
  await upgrade.prints('waiting at the gate');
  const before = { version: 'v0.1.0', upgrade_id: null, previous_version: null };
  expect(recordOf(host)).toMatchObject(before);
  expect((await host.cli('cancel', 'testsite')).exitCode).toBe(0);
  expect((await upgrade.done).exitCode).toBe(1);
  expect((await host.look()).head).toBe('v0.1.0');
  expect(recordOf(host)).toMatchObject(before);
  expect(await statusOf(host)).toMatchObject({ version: 'v0.1.0', detected: false });
});
