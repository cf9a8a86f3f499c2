// The exit codes of both programs, over their commands and what comes of them, on one fleet; and what --json prints then.
import { expect, test } from 'vitest';
import { gated, useFleet } from './fleet.js';

const open = useFleet();
const unknown = '019b2692-0000-7000-8000-00000000000f';

type Row = readonly [program: 'drover' | 'drover-agent', line: string, exitCode: number];

/** While the host is there; each line changes nothing that a later one needs. */
const connected: readonly Row[] = [
  ['drover', 'plan testsite v0.1.0', 0],
  ['drover-agent', 'plan testsite v0.1.0', 0],
  ['drover', 'plan testsite v0.2.0', 10],
  ['drover-agent', 'plan testsite v0.2.0', 10],
  ['drover', 'plan testsite v9.9.9', 2],
  ['drover-agent', 'plan testsite v9.9.9', 2],
  ['drover', 'plan nosuch', 2],
  ['drover', 'rollout plan v0.1.0', 0],
  ['drover', 'rollout plan v0.2.0', 10],
  ['drover', 'rollout plan v9.9.9', 2],
  ['drover', 'rollout plan --where slug=nosuch', 2],
  ['drover', 'rollout plan --list', 0],
  ['drover', 'rollout list', 0],
  ['drover', 'rollout show', 2],
  ['drover', 'freeze end nosuch', 2],
  ['drover', 'upgrade testsite v9.9.9', 2],
  ['drover-agent', 'upgrade testsite v9.9.9', 2],
  ['drover', 'upgrade testsite v0.2.0', 0],
  ['drover-agent', 'upgrade testsite v0.2.0', 0],
  ['drover', 'rollback testsite', 0],
  ['drover', 'rollback testsite', 2],
  ['drover-agent', 'rollback testsite', 2],
  ['drover', 'cancel testsite', 2],
  ['drover-agent', 'cancel testsite', 2],
  ['drover', 'resume testsite', 2],
  ['drover-agent', 'resume testsite', 2],
  ['drover', 'status', 0],
  ['drover-agent', 'status', 0],
  ['drover', 'status testsite', 0],
  ['drover-agent', 'status nosuch', 2],
  ['drover', 'status nosuch', 2],
  ['drover', 'history testsite', 0],
  ['drover-agent', 'history nosuch', 2],
  ['drover', `logs ${unknown}`, 2],
  ['drover-agent', `logs ${unknown}`, 2],
  ['drover', 'tenants nosuch', 2],
  ['drover', 'hosts', 0],
  ['drover', 'upgrades --tenant nosuch', 2],
  ['drover', 'upgrade testsite --bogus', 2],
];

const offline: readonly Row[] = [
  ['drover', 'plan testsite', 3],
  ['drover', 'rollback testsite', 3],
  ['drover', 'status', 0],
];

const unreachable: readonly Row[] = [
  'plan testsite',
  'upgrade testsite',
  'cancel testsite',
  'status',
  'logs testsite',
  'rollout plan',
  'rollout watch',
  'freeze list',
].map((line) => ['drover', line, 3]);

test('each command ends with the code of what came of it, and prints JSON and nothing else where it is asked for', async () => {
  const { host, controller, drover, droverAgent } = await open();
  async function run(rows: readonly Row[]) {
    const seen: Row[] = [];
    for (const [program, line] of rows) {
      const words = [...line.split(' '), '--json'];
      const { exitCode, stdout } = await (program === 'drover' ? drover(...words).ended : droverAgent(...words));
      expect(() => JSON.parse(stdout), `${program} ${line}: ${stdout}`).not.toThrow();
      seen.push([program, line, exitCode ?? -1]);
    }
    expect(seen).toEqual(rows);
  }

  await run(connected);
  const upgrade = drover('upgrade', 'testsite', gated, '--json');
  await expect
    .poll(() => drover('logs', 'testsite').ended, { timeout: 60_000, interval: 200 })
    .toMatchObject({
      stdout: expect.stringContaining('waiting at the gate'),
    });
  await run([['drover', 'cancel testsite', 0]]);
  expect((await upgrade.ended).exitCode).toBe(1);
  await host.stop();
  await run(offline);
  await controller.kill();
  await run(unreachable);
});
