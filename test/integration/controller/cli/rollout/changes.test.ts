// What people do with a rollout, by commands: over a real store and hosts that fail as the test says.
import { expect, it } from 'vitest';
import { rolloutSchema } from '../../../../../shared/wire/rollouts_api.js';
import { fakeKeyboard } from '../../../../helpers/fake_terminal.js';
import type { Fate } from '../../../../helpers/controller/rollout_host.js';
import { token } from '../../../../helpers/controller/serve_api.js';
import { patience, useRolloutFleet, type RolloutFleet } from './rollout_fleet.js';

/** Starts it; its id. */
async function start({ drover }: RolloutFleet, ...words: string[]): Promise<string> {
  const { stdout } = await drover('rollout', 'start', 'v0.4.0', ...words, '--json');
  return rolloutSchema.parse(JSON.parse(stdout)).id;
}

/** The first attempts of these fail. */
const failing = (...slugs: string[]) => ({
  host: 'web-1',
  tenants: ['anna', 'bert', 'carl', 'dora'],
  fateOf: (slug: string, attempt: number): Fate => (slugs.includes(slug) && attempt === 1 ? 'fails' : 'success'),
});

it('a halted rollout goes on after a retry, which shows whom it takes and asks', async () => {
  const fleet = await useRolloutFleet([failing('anna', 'bert')]);
  const { drover, begin, hosts } = fleet;
  const id = await start(fleet, '--canary', '2', '--failures', '2');
  expect((await drover('rollout', 'watch', id)).stdout).toContain(' halted: ');
  const early = await drover('rollout', 'resume');
  expect([early.exitCode, early.stderr]).toEqual([2, expect.stringContaining('has 2 failures, and halts at 2')]);
  const held = await drover('rollout', 'retry');
  expect(held).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('held until --fixed (2): anna, bert') });
  expect(held.stderr).toContain('failed at this very commit: migrate: the disk is full');
  const script = await drover('rollout', 'retry', '--fixed');
  expect(script).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('`--yes` does it without asking') });
  const no = begin(['rollout', 'retry', '--fixed'], { stdin: fakeKeyboard(), isTTY: true });
  await no.prints('Try these 2 again? [y/N]');
  no.type('n\n');
  expect((await no.done).exitCode).toBe(1);
  const yes = begin(['rollout', 'retry', '--fixed', '--reason', 'there is room'], {
    stdin: fakeKeyboard(),
    isTTY: true,
  });
  await yes.prints('Try these 2 again? [y/N]');
  yes.type('y\n');
  const { exitCode, stdout } = await yes.done;
  expect([exitCode, stdout]).toEqual([
    0,
    expect.stringMatching(/2 tenants of the rollout .* are tried again.*`drover rollout resume [0-9a-f-]{36}`/s),
  ]);
  await drover('rollout', 'resume');
  await drover('rollout', 'watch', id);
  expect(hosts[0]?.offered.toSorted()).toEqual(['anna', 'anna', 'bert', 'bert', 'carl', 'dora']);
  expect((await drover('audit', '--action', 'rollout.retry')).stdout).toContain('there is room');
});

it('tenants are waived, by name, with the rollout or without it; a larger budget lets it go on', async () => {
  const fleet = await useRolloutFleet([failing('bert', 'carl')]);
  const { drover } = fleet;
  const id = await start(fleet, '--canary', '1', '--failures', '2');
  expect((await drover('rollout', 'watch', id)).stdout).toContain(' halted: ');
  expect(await drover('rollout', 'waive', 'nobody')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('nobody is no tenant of the rollout'),
  });
  expect(await drover('rollout', 'waive', id)).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('which tenants?'),
  });
  const waived = (await drover('rollout', 'waive', id.slice(-5), 'bert')).stdout;
  expect(waived).toContain('waived 1');
  expect(waived).toMatch(new RegExp(`\\n {4}drover rollout resume ${id} +goes on\\n`));
  expect((await drover('rollout', 'resume', '--failures', '50%')).exitCode).toBe(0);
  await drover('rollout', 'watch', id);
  const shown = await drover('rollout', 'show', id);
  expect([shown.exitCode, shown.stdout]).toEqual([1, expect.stringContaining('ok 2  rolled back 1  waived 1')]);
});

it('a second rollout of the same tenants, and a word that is no id, are refused in plain words', async () => {
  const fleet = await useRolloutFleet([{ host: 'web-1', tenants: ['anna', 'bert'], fateOf: () => 'run' as const }]);
  const { drover } = fleet;
  const id = await start(fleet);
  expect((await drover('rollout', 'start', 'v0.4.0')).stderr).toContain(
    `anna is in the rollout ${id}, and 1 more of these tenants are in it or in others`,
  );
  expect((await drover('rollout', 'show', 'zzz')).stderr).toContain(
    '"zzz" is no id: name one in full, or by its first or last 4 characters or more',
  );
});

it('a retry that would be refused is so before anybody is asked', async () => {
  const fleet = await useRolloutFleet([failing('anna')]);
  const { drover, api } = fleet;
  const id = await start(fleet, '--canary', '4', '--per-host', '4');
  await drover('rollout', 'watch', id);
  const dryRun = (tenants: string[]) =>
    fetch(`${api.url}/api/v1/rollouts/${id}/retry`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ tenants, fixed: true, dry_run: true }),
    });
  const answer = await dryRun([]);
  expect([answer.status, await answer.json()]).toEqual([409, expect.objectContaining({ code: 'has-ended' })]);
  expect(await drover('rollout', 'retry', id, '--fixed')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringMatching(/^drover: the rollout \S+ has ended \(done\)/),
  });
});

it('the next wave waits for an approval, and a pause holds it', async () => {
  const fleet = await useRolloutFleet([failing()]);
  const { drover, hosts } = fleet;
  const id = await start(fleet, '--canary', '1', '--pause-after-canary');
  await expect.poll(async () => (await drover('rollout', 'show')).stdout, patience).toContain('--next-wave` opens');
  expect(hosts[0]?.offered).toHaveLength(1);
  expect((await drover('rollout', 'pause', '--reason', 'lunch')).stdout).toContain('paused by tester: lunch');
  await drover('rollout', 'approve', '--next-wave');
  expect(hosts[0]?.offered).toHaveLength(1);
  expect(await drover('rollout', 'approve')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('what is approved?'),
  });
  await drover('rollout', 'resume');
  await drover('rollout', 'watch', id);
  expect(hosts[0]?.offered).toHaveLength(4);
});

it('the tenants are a matrix of steps, and each that waits says by which rule', async () => {
  const fate = {
    host: 'web-1',
    tenants: ['anna', 'bert', 'carl'],
    fateOf: (slug: string): Fate => (slug === 'anna' ? 'run' : 'success'),
  };
  const { drover, hosts } = await useRolloutFleet([fate]);
  await drover('rollout', 'start', '--canary', '1', '--waves', '1');
  await expect.poll(() => hosts[0]?.offered, patience).toEqual(['anna']);
  await expect
    .poll(async () => (await drover('rollout', 'show', '--targets')).stdout)
    .toMatch(/\nanna +1 +✓·+▸·+ +running +web-1/);
  const { stdout } = await drover('rollout', 'show', '--targets');
  expect(stdout).toMatch(/\nbert +2 +·{14} +waiting: wave +web-1 .*the canary has not passed/);
  expect((await drover('rollout', 'show', '--targets', '--stage', 'running')).stdout).not.toContain('bert');
  expect((await drover('rollout', 'show', '--targets', '--wave', '3')).stdout).toMatch(/^TENANT .*\ncarl /);
  expect((await drover('rollout', 'show', '--targets', '--outcome', 'success')).stdout).toBe(
    'No tenant of it is so.\n',
  );
  const shown = await drover('rollout', 'show');
  expect(shown.stdout).toMatch(/\n {2}WAITING\n {2}WAIT {2}RULE {2}WHY .*\n {2}\d +wave +the canary has not passed/);
  hosts[0]?.finish('anna', 'success');
});

it('what a rollout has upgraded is taken back, once somebody says yes', async () => {
  const fleet = await useRolloutFleet([failing()]);
  const { drover } = fleet;
  const id = await start(fleet, '--canary', '4', '--per-host', '4');
  expect((await drover('rollout', 'watch', id)).exitCode).toBe(0);
  const asked = await drover('rollout', 'rollback', id);
  expect(asked).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('Take v0.4.0 back from up to 4 tenants?'),
  });
  const going = await drover('rollout', 'rollback', id, '--yes', '--reason', 'it loses drafts');
  expect([going.exitCode, going.stdout]).toEqual([
    0,
    expect.stringContaining('rolled back by tester: it loses drafts'),
  ]);
});

it('a start and an abort answer what comes of them at once', async () => {
  const fleet = await useRolloutFleet([failing()]);
  const { drover } = fleet;
  const ask = async (...words: string[]) => {
    const { stdout } = await drover('rollout', ...words, '--json');
    return rolloutSchema.parse(JSON.parse(stdout));
  };
  const [first] = (await ask('start', 'v0.4.0', '--canary', '1', '--pause-after-canary')).wave_list;
  expect(first).toMatchObject({ name: 'canary', opened_at: expect.any(String) });
  // Nothing of it is left to wait for.
  await expect.poll(async () => (await ask('show')).wave_list[0]?.state, patience).toBe('passed');
  await ask('pause');
  expect((await ask('abort')).state).toBe('aborted');
  expect((await drover('rollout', 'start', 'v0.4.0', '--where', 'slug=dora')).exitCode).toBe(0);
});
