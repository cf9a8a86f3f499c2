import { describe, expect, it } from 'vitest';
import { createArrange } from '../../../../controller/rollout/start/arrange.js';
import { rolloutSettingsSchema, type RolloutSettings } from '../../../../shared/model/rollout.js';
import type { Candidate } from '../../../../controller/store/rollouts.js';

const candidate = (slug: string, host: string, more: Partial<Candidate> = {}): Candidate => ({
  slug,
  host,
  version: 'v0.3.0',
  plan_class: null,
  is_connected: true,
  ...more,
});
const arrange = (candidates: Candidate[], settings: Partial<RolloutSettings>, approved: string[] | null = null) =>
  createArrange({ version: 'v0.4.0', settings: rolloutSettingsSchema.parse(settings), approved })(candidates);
const fleetOf = (count: number, hosts: number) =>
  Array.from({ length: count }, (_, index) =>
    candidate(`t${String(index).padStart(3, '0')}`, `h${Math.floor((index * hosts) / count)}`),
  );

describe('the waves of a rollout', () => {
  it('hold every target once, with the sizes that were asked for and the rest last', () => {
    const { waves } = arrange(fleetOf(80, 8), { canary: '2', waves: ['10%', '50%'] });
    expect(waves.map(({ name, slugs }) => [name, slugs.length])).toEqual([
      ['canary', 2],
      ['10%', 8],
      ['50%', 40],
      ['rest', 30],
    ]);
    expect(new Set(waves.flatMap(({ slugs }) => slugs)).size).toBe(80);
  });

  it('are spread over hosts', () => {
    const candidates = fleetOf(40, 10);
    const { waves } = arrange(candidates, { canary: '10', waves: ['10'] });
    const hostOf = new Map(candidates.map(({ slug, host }) => [slug, host]));
    for (const { slugs } of waves.slice(0, 2)) expect(new Set(slugs.map((slug) => hostOf.get(slug))).size).toBe(10);
  });

  it('skip those that are on the target, or above it, and not those of another prefix', () => {
    const candidates = [
      candidate('a', 'h1', { version: 'v0.4.0' }),
      candidate('b', 'h1', { version: 'v0.10.0' }),
      candidate('c', 'h1', { version: 'web-v9.0.0' }),
      candidate('d', 'h1', { version: null }),
    ];
    const { waves, skipped } = arrange(candidates, {});
    expect(skipped).toEqual(['a', 'b']);
    expect(waves.flatMap(({ slugs }) => slugs).toSorted()).toEqual(['c', 'd']);
  });

  it('are none where everybody is there', () => {
    expect(arrange([candidate('a', 'h1', { version: 'v0.4.0' })], {})).toMatchObject({ waves: [], skipped: ['a'] });
  });

  it('round percents up, of all targets that are not skipped', () => {
    const { budget } = arrange(fleetOf(101, 4), { failures: '5%' });
    expect(budget).toBe(6);
  });
});

describe('a canary', () => {
  const classes = ['aaaaaaaa', 'bbbbbbbb', 'cccccccc'];
  const mixed = [
    candidate('a1', 'h1', { plan_class: 'aaaaaaaa' }),
    candidate('a2', 'h1', { plan_class: 'aaaaaaaa' }),
    candidate('a3', 'h2', { plan_class: 'aaaaaaaa' }),
    candidate('b1', 'h1', { plan_class: 'bbbbbbbb' }),
    candidate('b2', 'h3', { plan_class: 'bbbbbbbb' }),
    candidate('c1', 'h1', { plan_class: 'cccccccc' }),
    candidate('d1', 'h4', { plan_class: 'dddddddd' }),
  ];

  it('has one of each approved class, on several hosts', () => {
    const { waves, canary_misses: misses } = arrange(mixed, { canary: '3' }, classes);
    expect(waves[0]?.slugs.toSorted()).toEqual(['a1', 'b2', 'c1']);
    expect(misses).toEqual([]);
  });

  it('names what its size does not cover', () => {
    const { canary_misses: misses } = arrange(mixed, { canary: '1' }, classes);
    expect(misses).toEqual(['the plan bbbbbbbb', 'the plan cccccccc', 'other hosts: it is on 1 of 4']);
  });

  it('has approved ones before others, and connected ones before offline ones', () => {
    const { waves } = arrange(mixed, { canary: '6' }, classes);
    expect(waves[0]?.slugs).not.toContain('d1');
    const offline = [candidate('x', 'h1', { is_connected: false }), candidate('y', 'h2')];
    expect(arrange(offline, { canary: '1' }).waves[0]?.slugs).toEqual(['y']);
  });
});
