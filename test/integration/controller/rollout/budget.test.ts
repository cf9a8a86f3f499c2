// The failure budget: after the event that breaks it is stored nothing is offered any more.
import { expect, it } from 'vitest';
import { logCommits, readCommits } from '../../../helpers/controller/commit_log.js';
import {
  expectEachOnce,
  openSimulatedFleet,
  type SimulatedFleet,
} from '../../../helpers/controller/simulated_fleet.js';
import { failWith, type Attempt, type Ending } from '../../../helpers/controller/simulated_attempts.js';
import { sampleSeed } from '../../../helpers/sample_seed.js';
import { choose, createRandom } from '../../../helpers/seeded_random.js';

const slugs = Array.from({ length: 200 }, (_, no) => `t${String(no).padStart(3, '0')}`);
const hosts = Object.fromEntries(
  Array.from({ length: 20 }, (_, no) => [`h${no}`, slugs.slice(no * 10, no * 10 + 10)] as const),
);
const failing = new Set(choose(slugs, { count: 10, random: createRandom(sampleSeed) }));

function howItEnds({ slug, attempt }: Attempt): Ending {
  if (!failing.has(slug) || attempt > 1) return 'success';
  // Each in its own way: a signature that repeats would halt it, too.
  return failWith(`${slug.replaceAll(/\d/gu, (digit) => 'abcdefghij'[Number(digit)] ?? '')} is wrong`);
}

it(`200 tenants with 5 % failing: no offer follows the event that breaks the budget (TEST_SEED=${sampleSeed})`, async () => {
  const fleet = await openSimulatedFleet({ hosts, howItEnds });
  logCommits(fleet.rig.storeFile);
  const { id } = await fleet.start({ canary: '2%', waves: ['10%'], max_parallel: 20, failures: '2%', repeats: 1000 });
  const budget = 4;
  let halts = 0;
  for (;;) {
    await fleet.until(async () => ['halted', 'done'].includes((await fleet.rollouts.find(id)).state));
    const { state, budget: known } = await fleet.rollouts.find(id);
    if (state === 'done') break;
    halts += 1;
    // What ran goes on.
    await fleet.until(async () => (await fleet.rollouts.find(id)).counts.running === 0);
    expect(known.counted).toBeGreaterThanOrEqual(budget);
    expectNothingAfterTheBreak(fleet, budget);
    await fleet.rollouts.retry(id, { tenants: [], fixed: true, dry_run: false });
    await fleet.rollouts.resume(id, {});
  }
  // Of the ten that fail each halt lets four be mended, or more: what runs then may fail, too.
  expect(halts).toBeGreaterThanOrEqual(1);
  expect(halts).toBeLessThanOrEqual(2);
  const { counts } = await fleet.rollouts.find(id);
  expect(counts).toMatchObject({ total: 200, succeeded: 200 - counts.counted });
  expect(counts.counted).toBeLessThan(budget);
  expectEachOnce(fleet);
}, 60_000);

/** Since the last time that the rollout went on. */
function expectNothingAfterTheBreak({ rig, seen }: SimulatedFleet, budget: number): void {
  const all = readCommits(rig.storeFile);
  const from = all.findLastIndex(({ what, detail }) => what === 'state' && detail === 'running') + 1;
  const log = all.slice(from);
  const failures = log.filter(({ what, detail }) => what === 'end' && detail === 'command-failed');
  const breaking = failures[budget - 1];
  expect(breaking).toBeDefined();
  expect(log.filter(({ what, no }) => what === 'order' && no > (breaking?.no ?? 0))).toEqual([]);
  expect(log.filter(({ what }) => what === 'order').length).toBeGreaterThan(budget);
  // No agent saw an offer that is not among those.
  const ordered = new Set(all.flatMap(({ what, id }) => (what === 'order' ? [id] : [])));
  expect(seen.filter(({ what, id }) => what === 'offer' && !ordered.has(id))).toEqual([]);
}
