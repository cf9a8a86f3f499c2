import { describe, expect, test } from 'vitest';
import { compareTags, crossedTags, isPreRelease, latestTag, sortTags } from '../../../shared/versions.js';

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

  test('is the target alone between tags that cannot be compared', () => {
    expect(crossedTags(['v1.0.0', 'v2.0.0', 'nightly'], 'v1.0.0', 'nightly')).toEqual(['nightly']);
  });
});
