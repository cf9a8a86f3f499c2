// `drover rollout plan` and `start`, over a real store and hosts that plan for real.
import { expect, it } from 'vitest';
import { fleetPlanSchema } from '../../../../../shared/wire/rollouts_api.js';
import { useRolloutFleet } from './rollout_fleet.js';

const noRoom = { code: 'disk-full' as const, message: 'there is no room on /srv: 3 MiB of 64 MiB', hint: null };

/** Two classes that can run, and one that is blocked. */
const hosts = [
  {
    host: 'web-1',
    tenants: ['anna', 'bert', 'carl'],
    planOf: (slug: string) => (slug === 'carl' ? { discarded: ['notes.txt'] } : {}),
  },
  {
    host: 'web-2',
    tenants: ['dora', 'emil'],
    planOf: (slug: string) => (slug === 'emil' ? { blockers: [noRoom] } : {}),
  },
];

const toWords = (line: string) => line.trim().split(' ').slice(1);

it('groups the tenants by plan, and prints the command that starts their rollout', async () => {
  const { drover, hosts: served } = await useRolloutFleet(hosts);
  const { exitCode, stdout } = await drover('rollout', 'plan', 'v0.4.0', '--where', 'slug!=nobody');
  expect(exitCode).toBe(10);
  const lines = stdout.split('\n');
  expect(lines[0]).toBe('v0.4.0 (abc123def456) for slug!=nobody: 5 tenants on 2 hosts');
  expect(lines[1]).toMatch(
    /^ {2}A {2}[0-9a-f]{4,} {2}3 tenants {2}v0\.1\.0 → {2}0 hooks, 0 migrations .* anna, bert, dora$/,
  );
  expect(lines[2]).toMatch(
    /^ {2}B {2}[0-9a-f]{4,} {2}1 tenant .* as A, and 1 modified file is discarded \(notes\.txt\) {2}carl$/,
  );
  expect(lines.slice(3, 6)).toEqual([
    '  blocked  1 tenant: 1 disk-full',
    '    disk-full  emil  there is no room on /srv: 3 MiB of 64 MiB',
    'Nothing was touched.',
  ]);
  expect(served.flatMap(({ offered }) => offered)).toEqual([]);
  const start = lines[6] ?? '';
  expect(start).toMatch(/^ {2}drover rollout start v0\.4\.0 --plan [0-9a-f-]{36} --approve [0-9a-f]{4,},[0-9a-f]{4,}$/);
  const started = await drover(...toWords(start), '--canary', '1', '--reason', 'as planned');
  expect(started.stderr).toBe('');
  expect(started.stdout).toMatch(
    /^rollout [0-9a-f-]{36} {2}→ v0\.4\.0 \(abc123def456\)\n {2}for all tenants, started .* by tester\n/,
  );
  // The blocked one waits; its plan was not approved, and is not among all that can be.
  expect(started.stdout).toMatch(
    /\n {2}[0-9a-f]{8} {2}emil {2}blocked \(disk-full\): mend that, then drover rollout approve \S+ --plan [0-9a-f]{8}\n/,
  );
  expect(await drover('rollout', 'approve', '--plan', 'all')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringMatching(/the other plans of the rollout \S+ are blocked/),
  });
  const gone = await drover('rollout', 'waive', 'emil');
  expect([gone.exitCode, gone.stderr]).toEqual([0, '']);
  const watched = await drover('rollout', 'watch', /rollout ([0-9a-f-]{36})/.exec(started.stdout)?.[1] ?? '');
  expect(watched.exitCode).toBe(0);
  expect(served.flatMap(({ offered }) => offered).toSorted()).toEqual(['anna', 'bert', 'carl', 'dora']);
});

it('is listed, shown again and started by letters, `all`, and by part of its id', async () => {
  const { drover } = await useRolloutFleet(hosts);
  const made = fleetPlanSchema.parse(JSON.parse((await drover('rollout', 'plan', '--json')).stdout));
  expect(made).toMatchObject({ state: 'done', planned: 5, pin: { version: 'v0.4.0' } });
  expect((await drover('rollout', 'plan', '--list')).stdout).toMatch(
    new RegExp(`^ID .*\\n${made.id} +v0\\.4\\.0 +done +5/5 +2 `),
  );
  const shown = await drover('rollout', 'plan', '--show', made.id.slice(-6));
  expect([shown.exitCode, shown.stdout]).toEqual([10, expect.stringContaining(`--plan ${made.id} `)]);
  const start = (...words: string[]) => drover('rollout', 'start', '--plan', made.id.slice(-6), ...words);
  const refused = await start();
  expect([refused.exitCode, refused.stderr]).toEqual([
    2,
    expect.stringMatching(
      /which plans .* may run\? None is approved\n {2}There is A \([0-9a-f]{8}\), B \(.*`--approve all`/,
    ),
  ]);
  expect(await start('--approve', 'A,Q')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('has no class Q'),
  });
  expect(await start('--approve', 'ffff0000')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('no plan class begins with ffff0000'),
  });
  expect((await drover('rollout', 'list')).stdout).toContain('There is no rollout yet.');
  expect(await start('--approve', 'a')).toMatchObject({ exitCode: 0 });
  expect(await start('--approve', 'all')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringMatching(/anna|bert|carl|dora|emil/),
  });
});

it('says that nothing can be started where all are blocked, and that there is nothing to do', async () => {
  const blocked = { host: 'web-1', tenants: ['anna'], planOf: () => ({ blockers: [noRoom] }) };
  const there = { host: 'web-2', tenants: ['bert'], planOf: () => ({ kind: 'none' as const }) };
  const { drover } = await useRolloutFleet([blocked, there]);
  const one = await drover('rollout', 'plan', '--where', 'slug=anna');
  expect([one.exitCode, one.stdout]).toEqual([2, expect.stringContaining('nothing can be started.')]);
  const other = await drover('rollout', 'plan', '--where', 'slug=bert');
  expect([other.exitCode, other.stdout]).toEqual([0, expect.stringContaining('there is nothing to do.')]);
});

it('shows how far it is, and Ctrl-C leaves it going on until it is cancelled', async () => {
  const { begin, drover, rig } = await useRolloutFleet([{ host: 'web-1', tenants: ['anna'] }]);
  // Another host that is known, and does not answer.
  const { connectPeer } = await import('../../../../helpers/controller/protocol_peer.js');
  await connectPeer({ ...rig, host: 'web-9', tenants: ['zoe'] });
  const run = begin(['rollout', 'plan', 'v0.4.0'], { isTTY: true });
  await run.prints('planned 1 of 2 tenants on 2 hosts');
  run.interrupt();
  const { exitCode, stderr } = await run.done;
  expect([exitCode, stderr]).toEqual([130, expect.stringContaining('You stopped watching; the hosts go on planning.')]);
  const id = /--cancel ([0-9a-f-]{36})/.exec(stderr)?.[1] ?? '';
  expect((await drover('rollout', 'plan', '--show', id)).stdout).toContain('Still being made: 1 of 2 planned.');
  const ended = await drover('rollout', 'plan', '--cancel', id, '--reason', 'it is late');
  expect(ended.stdout).toMatch(/2 hosts {2}cancelled\n(.*\n)* {2}not planned {2}1 tenant: 1 cancelled\n/);
  expect(await drover('rollout', 'plan', '--cancel', id)).toMatchObject({ exitCode: 2 });
});
