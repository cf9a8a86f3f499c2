// Part eight: the mended release, whose rollout ends well.
import { addMendedRelease, brokenTag, mendedTag } from '../../fleet_releases.js';
import { printHeading, printText } from '../../narrate.js';
import type { Setup } from '../../setup.js';
import { showAndRead, showCommand } from '../../shown_command.js';
import { verify } from '../../verify.js';
import type { Fleet } from './grow_fleet.js';
import { lookAtFleet } from './look_at_fleet.js';
import { planRollout } from './plan_rollout.js';
import { readLatestRollout } from './read_rollout.js';

/** Returns the id of the rollout. */
export async function rollOutMendedRelease(setup: Setup, fleet: Fleet): Promise<string> {
  printHeading('8. The mended release');
  await addMendedRelease(setup.repository);
  printText(
    `${mendedTag} has the style sheet. A tenant is in one open rollout at a time, so the one of ${brokenTag} is ended first.`,
  );
  const aborted = await showCommand(setup, `drover rollout abort --reason "${mendedTag} mends it"`);
  verify('it is being ended', aborted, 0);
  const before = await lookAtFleet(fleet);
  const start = await planRollout(setup, fleet, mendedTag);
  printText('This one has three waves: the canary, then half of the tenants, then the rest.');
  const { exitCode } = await showAndRead(setup, `${start} --canary 2 --waves 50% --failures 2 --watch`);
  verify('the exit code says done (0)', exitCode, 0);
  const { rollout } = await readLatestRollout(fleet.controller);
  verify('all twelve tenants were upgraded', rollout.counts.succeeded, fleet.tenants.length);
  const after = await lookAtFleet(fleet);
  const wanted = Object.entries(before).map(([slug, { texts }]) => [slug, { version: mendedTag, texts }]);
  verify(`every tenant answers as ${mendedTag}, and no note is lost`, after, Object.fromEntries(wanted));
  const { stdout } = await showAndRead(setup, 'drover rollout list');
  const states = [...stdout.matchAll(/ (v0\.8\.\d) +(\w+) /g)].map(([, tag, state]) => `${tag} ${state}`);
  verify('both rollouts have ended', states, [`${mendedTag} done`, `${brokenTag} aborted`]);
  return rollout.id;
}
