// What is said of a tenant whose services do not start again in a rollback: first whether it is up, and on which version.
import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { hookScript } from './hosts.js';
import { useCliHosts } from '../agent/cli/run_cli.js';

/** The demo's services, with another start command; it runs as the tenant's user in `app_dir`. */
const startedBy = (script: string) => ({
  makeKeys: () => ({
    services: { start: ['bash', '-c', script], stop: ['bin/ctl', 'stop'], status: ['bin/ctl', 'status'] },
    time_limits: { start: '1s' },
  }),
});

const hosts = useCliHosts([
  { tag: 'v0.2.1', base: 'v0.2.0', files: { 'release/v0.2.1.sh': hookScript('post-pull', 'exit 3') } },
  { tag: 'v0.1.1', base: 'v0.1.0', files: {} },
]);

const open = async (script: string) => {
  const host = await hosts.open({ inProcess: true, ...startedBy(script) });
  await host.start();
  return host;
};

test('a start command that never returns is no failure of a rollback while the old version runs and is healthy', async () => {
  const host = await open('bin/ctl start; exec tail --pid="$(cat "$DATA_DIR/server.pid")" -f /dev/null');
  const before = await host.look();
  const { result } = await host.upgrade({ version: 'v0.2.1' });
  expect(result).toMatchObject({
    status: 'rolled_back',
    services: 'running',
    warnings: [expect.stringMatching(/^bash -c .*: stopped at its time limit of 1 s; the services run all the same$/)],
    failure: { step: 'hooks-post-pull', message: 'post-pull: v0.2.1.sh - FAILED (exit 3)' },
  });
  expect((await host.look()).serves).toBe(before.serves);
});

test('a start command that fails although it has started the services is only a warning of a rollback', async () => {
  const host = await open('bin/ctl start; exit 7');
  const { result } = await host.upgrade({ version: 'v0.2.1' });
  expect(result).toMatchObject({ status: 'rolled_back', services: 'running' });
  expect(result.warnings).toEqual([expect.stringMatching(/FAILED \(exit 7\); the services run all the same$/)]);
});

test('a tenant that a rollback leaves down is said to be down in the result, the log and the status, first of all', async () => {
  const host = await open('echo "no room" >&2; exit 4');
  const { exitCode, stdout } = await host.cli('upgrade', 'testsite', 'v0.2.1');
  const why = 'starting the old version again failed: bash -c echo "no room" >&2; exit 4 - FAILED (exit 4)';
  const before = 'Before that, the upgrade to v0.2.1 failed at hooks-post-pull: post-pull: v0.2.1.sh - FAILED (exit 3)';
  expect(exitCode).toBe(1);
  expect(stdout).toContain('\n✗ failed: testsite is DOWN on v0.1.0, and needs an operator\n');
  expect(stdout).toContain(`\n  testsite is DOWN on v0.1.0: ${why}. ${before}\n    │ no room\n  Fix the cause, then`);
  const { stdout: log } = await host.cli('logs', 'testsite');
  expect(log).toContain(` s: ${why}\n`);
  expect(log).toContain(`== failed: testsite is DOWN on v0.1.0: ${why}. ${before}\n         Fix the cause, then`);
  const { stdout: status } = await host.cli('status', 'testsite');
  expect(status).toMatch(/^ {2}state +DOWN, needs an operator$/m);
  expect(status).toContain(`\n  testsite is DOWN on v0.1.0: ${why}`);
  const accepted = await host.cli('resume', 'testsite', '--accept');
  expect(accepted.stdout).toContain('! accepted: testsite stays DOWN on v0.1.0; upgrades are allowed again');
  // What it kept for a resume goes.
  await host.stop();
  expect(readdirSync(path.join(host.stateFolder, 'exports'))).toEqual([]);
});

test('the old version is started before an operator is asked where its code is whole and no data can be lost by that', async () => {
  const host = await hosts.open({
    inProcess: true,
    makeKeys: () => ({
      rollback: { files: ['local.conf'] },
      requirements: { run: ['bash', '-c', 'echo damaged >"$(echo "$DATA_DIR"/files.backup_*.tar)"; exit 1'] },
    }),
  });
  writeFileSync(path.join(host.tenant.appDir, 'local.conf'), 'local');
  await host.start();
  const { result } = await host.upgrade({ version: 'v0.1.1' });
  expect(result).toMatchObject({
    status: 'failed',
    services: 'running',
    failure: {
      step: 'backup-database',
      message: expect.stringMatching(
        /^testsite is up on v0\.1\.0: restoring the data from before the upgrade failed: /,
      ),
    },
  });
  await expect.poll(async () => (await host.look()).serves).toBe('v0.1.0');
});
