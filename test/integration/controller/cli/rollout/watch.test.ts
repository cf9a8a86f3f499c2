// `drover rollout watch`: the screen on a terminal and its keys, lines on a pipe, and how it ends.
import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import { rolloutSchema } from '../../../../../shared/wire/rollouts_api.js';
import { fakeKeyboard } from '../../../../helpers/fake_terminal.js';
import { patience, useRolloutFleet } from './rollout_fleet.js';

const running = { host: 'web-1', tenants: ['anna', 'bert'], fateOf: () => 'run' as const };

it('draws the screen in place, and its keys pause, resume, ask before they abort, and quit', async () => {
  const { begin, drover } = await useRolloutFleet([running]);
  await drover('rollout', 'start', 'v0.4.0', '--canary', '1');
  const keyboard = fakeKeyboard();
  const run = begin(['rollout', 'watch'], { isTTY: true, stdin: keyboard, rows: 40, columns: 100 });
  await run.prints('RUNNING');
  await run.prints('p pause   a abort   q quit (the rollout goes on)');
  expect(keyboard.isRaw).toBe(true);
  keyboard.write('p');
  await run.prints('p resume   a abort');
  keyboard.write('p');
  await run.prints('wave 1/2');
  keyboard.write('a');
  await run.prints('Abort it?');
  keyboard.write('n');
  await expect.poll(() => run.written().split('Abort it?').at(-1), patience).toContain('q quit');
  keyboard.write('q');
  const { exitCode, stderr } = await run.done;
  expect([exitCode, stderr]).toEqual([130, expect.stringContaining('You stopped watching; the rollout goes on.')]);
  expect(keyboard.isRaw).toBe(false);
  const shown = rolloutSchema.parse(JSON.parse((await drover('rollout', 'show', '--json')).stdout));
  expect(shown.state).toBe('running');
  // No frame is wider or higher than the terminal.
  const lines = stripVTControlCharacters(run.written()).split(/[\r\n]+/);
  expect(lines.filter((line) => line.length > 100)).toEqual([]);
});

it('aborts by a, y; what runs goes on, and the end is an exit code of 1', async () => {
  const { begin, drover, hosts } = await useRolloutFleet([running]);
  await drover('rollout', 'start', 'v0.4.0', '--canary', '1');
  const keyboard = fakeKeyboard();
  const run = begin(['rollout', 'watch'], { isTTY: true, stdin: keyboard, rows: 40 });
  await run.prints('RUNNING');
  keyboard.write('ay');
  await run.prints('aborting');
  hosts[0]?.finish('anna', 'success');
  const { exitCode, stdout } = await run.done;
  expect(exitCode).toBe(1);
  expect(stripVTControlCharacters(stdout)).toMatch(/\n {2}aborted {2}wave 1\/2 .*\n {2}ok 1 {2}waiting 1\n/);
  const audit = (await drover('audit', '--action', 'rollout.abort')).stdout;
  expect(audit).toContain('by a key of `drover rollout watch`');
});

it('prints a line for each change on a pipe, and ends with 1 when it halts', async () => {
  const failing = { host: 'web-1', tenants: ['anna', 'bert', 'carl'], fateOf: () => 'fails' as const, says: 'exit 3' };
  const { drover } = await useRolloutFleet([failing]);
  const run = await drover('rollout', 'start', 'v0.4.0', '--canary', '2', '--failures', '2', '--watch');
  expect(run.exitCode).toBe(1);
  expect(run.stderr).toMatch(/^Started the rollout [0-9a-f-]{36}\.\n/);
  const lines = run.stdout.split('\n');
  expect(lines[0]).toMatch(
    /^\d{4}-\d\d-\d\d rollout [0-9a-f-]{36} -> v0\.4\.0 \(abc123def456\) for all tenants: 3 tenants in 2 waves$/,
  );
  expect(run.stdout).toMatch(/\n\d\d:\d\d:\d\d 2 failed: migrate: exit 3 \(anna, bert\)\n/);
  expect(run.stdout).toMatch(/\n\d\d:\d\d:\d\d halted: 2 failures, and it halts at 2: /);
  // That is on the screen already.
  expect(run.stdout).not.toContain('drover rollout show');
  // The words of one of them, with its last output: the signature has placeholders.
  const cause = ['migrate: exit 3', '  │ line 2', '  │ line 3', '  │ line 4', '  anna, bert   drover logs anna'];
  expect(run.stdout).toContain(`\n  FAILED (2, one cause)\n${cause.map((line) => `  ${line}\n`).join('')}`);
  // A script learns the same from JSON lines.
  const again = await drover('rollout', 'watch', '--json');
  expect(again.exitCode).toBe(1);
  expect(rolloutSchema.parse(JSON.parse(again.stdout.trim())).state).toBe('halted');
});

it('ends with 0 when all tenants have it, with 2 for a rollout that there is not', async () => {
  const { drover } = await useRolloutFleet([{ host: 'web-1', tenants: ['anna'] }]);
  expect(await drover('rollout', 'watch')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('no rollout is open'),
  });
  expect((await drover('rollout', 'start', '--watch')).exitCode).toBe(0);
  expect(await drover('rollout', 'watch', 'ffffffff')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('there is no rollout ffffffff'),
  });
});
