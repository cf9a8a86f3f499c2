import { array, assert, constantFrom, nat, oneof, property, tuple } from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  compareTags,
  crossedTags,
  defaultTagPattern,
  isPreRelease,
  isVersion,
  latestTag,
  prefixOf,
  sortTags,
} from '../../../shared/versions.js';

describe('compareTags', () => {
  test.each([
    ['v1.2.3', 'v1.2.4'],
    ['v1.9.0', 'v1.10.0'],
    ['1.2.3', 'v1.2.4'],
    ['v0.1.0.1', 'v2.0.0'],
    ['v1.2.3', 'v1.2.3.1'],
    ['v2.0.0-rc.1', 'v2.0.0'],
    ['v2.0.0-rc.2', 'v2.0.0-rc.10'],
    ['2024.09.15', '2024.10.01'],
    ['v1.09.0', 'v1.10.0'],
    ['release/1.2', 'release/1.10'],
    ['web-v1.9.0', 'web-v1.10.0'],
    ['web-1.9.0', 'web-v1.10.0'],
    ['v1.0.9007199254740992', 'v1.0.9007199254740993'],
  ])('%s is older than %s', (older, newer) => {
    expect(compareTags(older, newer)).toBeLessThan(0);
    expect(compareTags(newer, older)).toBeGreaterThan(0);
  });

  test.each([
    ['v1.2', 'v1.2.0'],
    ['v1.02.3', 'v1.2.3'],
  ])('%s and %s are the same version', (left, right) => {
    expect(compareTags(left, right)).toBe(0);
  });

  test.each([
    ['v1.0.0', 'web-v2.0.0'],
    ['v1.0.0', 'nightly'],
    ['v1.0.0', 'v2.0.0.beta'],
    ['v1.0.0', 'v1.2.3.4.5'],
    ['v1.0.0', 'v2'],
    ['v1.0.0', 'v2.0.0-rc.01'],
    ['v1.0.0', `v2.0.0-${'a'.repeat(300)}`],
    ['app2-1.0', 'app2-1.1'],
  ])('%s and %s cannot be compared', (left, right) => {
    expect(compareTags(left, right)).toBeNull();
    expect(compareTags(right, left)).toBeNull();
  });
});

test('the latest tag is the highest stable one; one without a prefix comes first', () => {
  expect(latestTag(['v1.2.0', 'v1.10.0', 'v2.0.0-rc.1', 'web-v9.0.0', 'nightly'])).toBe('v1.10.0');
  expect(latestTag(['web-v9.0.0', 'web-v10.0.0'])).toBe('web-v10.0.0');
  expect(latestTag(['nightly'])).toBeNull();
});

test('the latest tag has the prefix of the given one, where that is a version', () => {
  const tags = ['v3.0.0', 'web-v1.9.0', 'web-v1.10.0', 'web-v2.0.0-rc.1'];
  expect(latestTag(tags, 'web-v1.9.0')).toBe('web-v1.10.0');
  expect(latestTag(tags, 'v1.0.0')).toBe('v3.0.0');
  expect(latestTag(tags, 'nightly')).toBe('v3.0.0');
  expect(latestTag(tags, 'api-v1.0.0')).toBeNull();
});

test('tags sort oldest first, prefix by prefix, without those that are no versions', () => {
  expect(sortTags(['v1.10.0', 'web-v2.0', 'nightly', 'v1.9', 'web-v1.0'])).toEqual([
    'web-v1.0',
    'web-v2.0',
    'v1.9',
    'v1.10.0',
  ]);
});

test('a pre-release has something after its numbers', () => {
  expect(['v1.0.0-rc.1', 'v1.0.0', 'v1.0.0.1', 'web-v1.0-rc'].map(isPreRelease)).toEqual([true, false, false, true]);
});

describe('crossedTags', () => {
  test('crosses the tags of its prefix only, in the order of their numbers', () => {
    const tags = ['2024.09.15', '2024.10.1', '2024.9.20', 'web-2024.9.30', '2024.9.30-rc.1', 'nightly'];
    expect(crossedTags(tags, '2024.09.15', '2024.10.1')).toEqual(['2024.9.20', '2024.10.1']);
  });

  test.each([
    { from: 'v1.0.0-rc.2', to: 'v1.1.0', crossed: ['v1.0.0', 'v1.1.0-rc.1', 'v1.1.0'] },
    { from: 'v1.0.0', to: 'v1.1.0-rc.1', crossed: ['v1.1.0-rc.1'] },
    { from: 'v1.0.0', to: 'v1.1.0', crossed: ['v1.1.0'] },
  ])('crosses pre-releases from $from to $to only where either end is one', ({ from, to, crossed }) => {
    const tags = ['v1.0.0-rc.1', 'v1.0.0-rc.2', 'v1.0.0', 'v1.1.0-rc.1', 'v1.1.0', 'v1.2.0-rc.1', 'v1.2.0'];
    expect(crossedTags(tags, from, to)).toEqual(crossed);
  });

  test.each([
    ['v1.1.0', 'v1.0.0'],
    ['v1.1.0', 'v1.1.0'],
    ['nightly', 'nightly'],
  ])('is empty from %s to %s, which is not greater', (from, to) => {
    expect(crossedTags(['v1.0.0', 'v1.1.0', 'nightly'], from, to)).toEqual([]);
  });

  test('is the target alone between tags that cannot be compared', () => {
    expect(crossedTags(['v1.0.0', 'v2.0.0', 'nightly'], 'v1.0.0', 'nightly')).toEqual(['nightly']);
  });

  test.each([
    ['v1.0.0', 'v1.2.0', ['v1.1.0', 'v1.2.0']],
    ['v1.0.0-rc.1', 'v1.2.0', ['v1.0.0', 'v1.1.0-rc.1', 'v1.1.0', 'v1.2.0']],
    ['v1.0.0', 'v1.1.0-rc.1', ['v1.1.0-rc.1']],
  ])('from %s to %s crosses pre-releases only where one end is one', (previous, target, crossed) => {
    expect(crossedTags(['v1.0.0-rc.1', 'v1.0.0', 'v1.1.0-rc.1', 'v1.1.0', 'v1.2.0'], previous, target)).toEqual(
      crossed,
    );
  });

  test('never has the previous version, by whatever name', () => {
    expect(crossedTags(['v1.2', 'v1.2.0', '1.02.0.0', 'v1.3'], 'v1.2.0', 'v1.3')).toEqual(['v1.3']);
  });
});

const number = oneof(nat({ max: 12 }).map(String), constantFrom('00', '01', '09', '010'));
const prefix = constantFrom('', 'v', 'web-', 'web-v', 'release/');
const suffix = constantFrom('', '', '-rc.1', '-rc.2', '-rc.10', '-beta', '-1');
const version = tuple(prefix, array(number, { minLength: 2, maxLength: 4 }), suffix).map(
  ([before, numbers, after]) => `${before}${numbers.join('.')}${after}`,
);
const tag = oneof({ weight: 9, arbitrary: version }, constantFrom('nightly', 'v1', 'v1.2.3.4.5', 'app2-1.0'));

/** Holds for whatever tags there are, and whatever two of them. */
const holds = (judge: (tags: string[], left: string, right: string) => boolean) =>
  assert(property(array(tag, { maxLength: 12 }), tag, tag, judge), { numRuns: 500 });
const below = (left: string, right: string) => (compareTags(left, right) ?? 0) < 0;
const isAlike = (left: string, right: string) => isVersion(left) && prefixOf(left) === prefixOf(right);

// oxlint-disable vitest/expect-expect -- a property that does not hold throws
describe('any tags', () => {
  test('have an order exactly within a prefix, and the same from both sides', () => {
    holds((_tags, left, right) => (compareTags(left, right) !== null) === isAlike(left, right));
    holds((_tags, left, right) => {
      const [order, back] = [compareTags(left, right), compareTags(right, left)];
      return order === null ? back === null : Math.sign(order) + Math.sign(back ?? Number.NaN) === 0;
    });
  });

  test('keep their order along three', () => {
    holds(([first = 'v1.0'], second, third) => {
      const isChain = below(first, second) && below(second, third);
      return !isChain || below(first, third);
    });
  });

  test('that have an order match the default pattern', () => {
    holds((tags) => tags.filter(isVersion).every((one) => new RegExp(defaultTagPattern).test(one)));
  });

  test('are crossed exactly when they lie above the previous version and up to the target, in order', () => {
    holds((others, previous, target) => {
      if (!isAlike(previous, target)) return true;
      const tags = [...others, previous, target];
      const isMeant = (one: string) =>
        below(previous, one) &&
        isAlike(one, target) &&
        !below(target, one) &&
        (!isPreRelease(one) || isPreRelease(previous) || isPreRelease(target));
      return crossedTags(tags, previous, target).join(' ') === sortTags(tags).filter(isMeant).join(' ');
    });
  });

  test('have the highest stable one of the prefix as their latest', () => {
    holds((tags, like) => {
      const stable = tags.filter(
        (one) => !isPreRelease(one) && (isVersion(like) ? isAlike(one, like) : isVersion(one)),
      );
      const latest = latestTag(tags, like);
      return latest === null
        ? stable.length === 0
        : stable.includes(latest) && !stable.some((one) => below(latest, one));
    });
  });
});
