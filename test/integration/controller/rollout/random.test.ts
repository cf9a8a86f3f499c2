// Random orders of what happens to a rollout: failures, hosts that go and come, kills of the controller, and what people do.
import { expect, it } from 'vitest';
import { freezeBodySchema } from '../../../../shared/wire/freezes_api.js';
import { logCommits, readCommits, type Committed } from '../../../helpers/controller/commit_log.js';
import { failWith } from '../../../helpers/controller/simulated_attempts.js';
import {
  expectEachOnce,
  openSimulatedFleet,
  type SimulatedFleet,
} from '../../../helpers/controller/simulated_fleet.js';
import { isLong, sampleSeed } from '../../../helpers/sample_seed.js';
import { choose, createRandom } from '../../../helpers/seeded_random.js';

const names = ['h1', 'h2', 'h3', 'h4', 'h5'];
const hosts = Object.fromEntries(names.map((host) => [host, [0, 1, 2, 3, 4, 5].map((no) => `${host}-${no}`)]));
const slugs = Object.values(hosts).flat();
const budget = 3;
const letters = (slug: string) => slug.replaceAll(/\d/gu, (digit) => 'abcdefghij'[Number(digit)] ?? '');

interface Play {
  fleet: SimulatedFleet;
  id: string;
  random: () => number;
}

const ignore = () => undefined;
const one = <T>(items: readonly T[], random: () => number) => choose(items, { count: 1, random });

/** Some may be refused: what is refused changes nothing. */
const deeds: Readonly<Record<string, (play: Play) => Promise<unknown>>> = {
  kill: ({ fleet }) => fleet.killController(),
  away: ({ fleet, random }) => fleet.disconnect(...one(names, random)),
  back: ({ fleet }) => fleet.connect(),
  pause: ({ fleet, id }) => fleet.rollouts.pause(id).catch(ignore),
  resume: ({ fleet, id }) => goOn({ fleet, id }),
  freeze: ({ fleet }) => fleet.freezes.start(freezeBodySchema.parse({ name: 'all' })).catch(ignore),
  thaw: ({ fleet }) => fleet.freezes.end('all').catch(ignore),
  hold: async ({ fleet, random }) => fleet.hold('begin', choose(slugs, { count: 10, random })),
  stop: async ({ fleet, random }) => fleet.hold('end', choose(slugs, { count: 10, random })),
  go: async ({ fleet }) => {
    fleet.letThrough('begin');
    fleet.letThrough('end');
  },
};

async function goOn({ fleet, id }: Pick<Play, 'fleet' | 'id'>): Promise<void> {
  const { state } = await fleet.rollouts.find(id);
  if (state !== 'paused' && state !== 'halted') return;
  await fleet.rollouts.retry(id, { tenants: [], fixed: true, dry_run: false }).catch(ignore);
  await fleet.rollouts.resume(id, {}).catch(ignore);
}

const seeds = Array.from({ length: isLong ? 40 : 1 }, (_, no) => sampleSeed + no);

it.each(seeds)(
  'the budget holds, a stopped rollout offers nothing, each attempt runs once, and it ends (TEST_SEED=%i)',
  async (seed) => {
    const random = createRandom(seed);
    const failing = new Set(choose(slugs, { count: 7, random }));
    const fleet = await openSimulatedFleet({
      hosts,
      howItEnds: ({ slug, attempt }) =>
        failing.has(slug) && attempt < 3 ? failWith(`no ${letters(slug)}`) : 'success',
    });
    logCommits(fleet.rig.storeFile);
    const number = (max: number) => 1 + Math.floor(random() * max);
    const { id } = await fleet.start({
      canary: String(number(4)),
      waves: choose(['3', '20%', '7'], { count: number(3) - 1, random }),
      max_parallel: number(8),
      per_host: number(3),
      failures: String(budget),
      repeats: 1000,
    });
    for (let no = 0; no < 30; no += 1) {
      const [name = ''] = one(Object.keys(deeds), random);
      await deeds[name]?.({ fleet, id, random });
      const before = fleet.seen.length;
      let looks = 0;
      await fleet.until(() => fleet.seen.length > before + number(4) || (looks += 1) > number(3));
    }
    fleet.letThrough('begin');
    fleet.letThrough('end');
    await fleet.freezes.end('all').catch(ignore);
    await fleet.connect();
    await fleet.until(async () => {
      await goOn({ fleet, id });
      return (await fleet.rollouts.find(id)).state === 'done';
    });
    const { counts } = await fleet.rollouts.find(id);
    expect(counts).toMatchObject({ total: 30, succeeded: 30 - counts.counted, running: 0, offered: 0, waiting: 0 });
    expect(counts.counted).toBeLessThan(budget);
    expectEachOnce(fleet);
    expect(findWrong(readCommits(fleet.rig.storeFile))).toEqual([]);
    // No agent has seen an offer that was not stored.
    const stored = new Set(readCommits(fleet.rig.storeFile).map((entry) => entry.id));
    expect(fleet.seen.filter((seen) => seen.what === 'offer' && !stored.has(seen.id))).toEqual([]);
  },
);

/** Reads the commits in their order: what was ordered while it should have been held. */
function findWrong(log: readonly Committed[]): unknown[] {
  const tenantOf = new Map(
    log.flatMap(({ what, id, detail }) => (what === 'order' ? [[id, detail ?? ''] as const] : [])),
  );
  const failed = new Set<string>();
  const wrong: unknown[] = [];
  let [state, isFrozen] = ['running', false];
  for (const { what, id, detail } of log) {
    if (what === 'state') state = detail ?? '';
    if (what === 'freeze' || what === 'thaw') isFrozen = what === 'freeze';
    if (what === 'retry') failed.delete(detail ?? '');
    if (what === 'end' && detail === 'command-failed') failed.add(tenantOf.get(id) ?? '');
    const isHeld = state !== 'running' || isFrozen || failed.size >= budget;
    if (what === 'order' && isHeld) wrong.push({ id, state, isFrozen, failed: failed.size });
  }
  return wrong;
}
