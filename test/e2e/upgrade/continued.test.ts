// What a resume takes from the tenant file as it is now, and where the excerpt of a failure begins.
import { expect, test } from 'vitest';
import { writeYaml } from '../../../deploy/demo/write_yaml.js';
import { useCliHosts } from '../agent/cli/run_cli.js';
import { hookScript } from './hosts.js';

const raises = `python3 - <<'END' || { seq 40; exit 3; }
try:
    {}['notes']
except KeyError:
    raise ValueError('no notes yet')
END`;

const hosts = useCliHosts([
  { tag: 'v0.1.1', base: 'v0.1.0', files: {} },
  { tag: 'v0.1.2', base: 'v0.1.0', files: { 'release/v0.1.2.sh': hookScript('post-pull', raises) } },
]);

test('a resume uses the health check that the tenant file names now, and says what else has changed', async () => {
  const wrong = { url: 'http://127.0.0.1:1/', interval: '20ms', successes: 2, timeout: '500ms' };
  const host = await hosts.open({ inProcess: true, makeKeys: () => ({ health: wrong }) });
  await host.start();
  const failed = await host.cli('upgrade', 'testsite', 'v0.1.1');
  expect(failed.stdout).toContain('✗ failed: testsite is up on v0.1.0, and needs an operator');
  expect(failed.stdout).toContain(
    '\n  testsite is up on v0.1.0, but not healthy: starting the old version again failed:',
  );
  await host.stop();
  await writeYaml(host.tenant.configFile, { ...host.tenant.keys, on_failure: 'stay' });
  await host.start();
  const { exitCode, stdout } = await host.cli('resume', 'testsite');
  expect(exitCode).toBe(0);
  expect(stdout).toContain(
    'Taken anew from the tenant file: health. Changed in the tenant file, and kept as the upgrade began: on_failure',
  );
  expect(stdout).toContain('↩ rolled back: testsite is on v0.1.0 again');
  expect((await host.cli('--json', 'logs', 'testsite')).stdout).not.toContain('"app_dir"');
});

test('the excerpt of a failed hook begins at the exception of its traceback', async () => {
  const host = await hosts.open({ inProcess: true });
  await host.start();
  const { result } = await host.upgrade({ version: 'v0.1.2' });
  expect(result).toMatchObject({ status: 'rolled_back', failure: { hook: 'v0.1.2.sh', exit_code: 3 } });
  expect(result.failure?.output_tail).toMatch(/^ValueError: no notes yet\nafter KeyError: 'notes'\n(\d+\n)+40$/);
});
