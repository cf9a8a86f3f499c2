import { expect, it } from 'vitest';
import { estimateEnd } from '../../../../controller/rollout/decide/estimate.js';
import { createWorld, iso, start } from './world.js';

const tenants = Array.from({ length: 10 }, (_, index) => ({ slug: `t${index}`, host: `h${index % 2}` }));

it('is the typical duration of what is left, and the times to soak', () => {
  const world = createWorld({ tenants, settings: { canary: '2', soak_s: 60, max_parallel: 4 } });
  expect(estimateEnd(world.now, iso(world.ms))).toBeNull();
  world.step();
  for (const slug of ['t0', 't1']) world.begin(slug);
  world.ms += 10_000;
  for (const slug of ['t0', 't1']) world.end(slug, 'success');
  // Eight of two hosts, one of each at once: four rounds of 10 s.
  expect(estimateEnd(world.now, iso(world.ms))).toBe(iso(start + 10_000 + 40_000 + 60_000));
});

it('is unknown while it does not run, and on the way back', () => {
  const world = createWorld({ tenants });
  world.step();
  world.begin('t0');
  world.ms += 1000;
  world.end('t0', 'success');
  expect(estimateEnd(world.now, iso(world.ms))).not.toBeNull();
  world.now.rollout.direction = 'back';
  expect(estimateEnd(world.now, iso(world.ms))).toBeNull();
  Object.assign(world.now.rollout, { direction: 'forward', state: 'paused' });
  expect(estimateEnd(world.now, iso(world.ms))).toBeNull();
});
