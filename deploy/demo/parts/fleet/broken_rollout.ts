// Part seven: a fleet plan, and a rollout of a broken release, which halts by itself after its canary.
import { addBrokenRelease, brokenHook, brokenTag } from '../../fleet_releases.js';
import { printHeading, printText } from '../../narrate.js';
import type { Setup } from '../../setup.js';
import { showAndRead, showCommand } from '../../shown_command.js';
import { verify } from '../../verify.js';
import type { Fleet } from './grow_fleet.js';
import { lookAtFleet } from './look_at_fleet.js';
import { planRollout } from './plan_rollout.js';
import { readLatestRollout } from './read_rollout.js';

const exitHalted = 1;

/** Leaves the rollout halted. */
export async function haltBrokenRelease(setup: Setup, fleet: Fleet): Promise<void> {
  printHeading('7. A broken release');
  await addBrokenRelease(setup.repository);
  printText(
    `A new release, ${brokenTag}, is broken: its hook publishes a style sheet that nobody has committed. First its plan for\nall tenants, which touches none. Tenants whose plans are the same are one class, and an approval names classes.`,
  );
  const before = await lookAtFleet(fleet);
  const start = await planRollout(setup, fleet, brokenTag);
  verify('no tenant is touched', await lookAtFleet(fleet), before);

  printText(
    'Now the rollout, with the command that the plan has printed. Its first wave, the canary, is one tenant of each class,\non two hosts. At two failures it halts.',
  );
  const { exitCode } = await showAndRead(setup, `${start} --canary 2 --failures 2 --watch`);
  verify('the exit code says halted (1)', exitCode, exitHalted);
  printText('These are its tenants: how far each has come, step by step, and what it waits for.');
  verify('the exit code says halted (1)', await showCommand(setup, 'drover rollout show --targets'), exitHalted);
  const { rollout, targets } = await readLatestRollout(fleet.controller);
  verify('the rollout has halted by itself', rollout.state, 'halted');
  const canary = targets.filter(({ wave }) => wave === 0);
  verify(
    'the canary has both classes and both hosts',
    [countKinds(canary.map(({ plan_class: own }) => own)), countKinds(canary.map(({ host }) => host))],
    [2, 2],
  );
  verify(
    'both failures are one cause',
    rollout.failures.map(({ hook, tenants }) => [hook, tenants]),
    [[brokenHook, 2]],
  );
  verify(
    'the other ten were not begun: they wait for the canary (the rule `wave`)',
    targets.filter(({ attempt, waits }) => attempt === 0 && waits?.rule === 'wave').length,
    10,
  );
  verify(
    'every tenant answers as before, with all its notes: those of the canary are rolled back',
    await lookAtFleet(fleet),
    before,
  );
}

const countKinds = (names: readonly (string | null)[]) => new Set(names).size;
