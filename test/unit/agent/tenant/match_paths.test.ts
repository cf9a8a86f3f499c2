import { describe, expect, test } from 'vitest';
import { baseFolder, createPathMatcher, matchesAny } from '../../../../agent/tenant/match_paths.js';

describe('createPathMatcher', () => {
  test('keeps * in its folder', () => {
    const matches = createPathMatcher(['scripts/*.py']);
    expect(['scripts/a.py', 'scripts/old/a.py', 'a.py', 'scripts/a.sh', 'scripts/.a.py'].map(matches)).toEqual([
      true,
      false,
      false,
      false,
      false,
    ]);
  });

  test('lets ** reach into subfolders', () => {
    expect(['a.log', 'x/a.log', 'x/y/a.log'].map(createPathMatcher(['**/*.log']))).toEqual([true, true, true]);
  });

  test('takes a leading ! for a part of the name', () => {
    expect(matchesAny('config.json', ['!other'])).toBe(false);
  });
});

describe('matchesAny', () => {
  test('is true for one matching pattern among several, and false without patterns', () => {
    expect(matchesAny('config/a.json', ['*.md', 'config/*'])).toBe(true);
    expect(matchesAny('config/a.json', [])).toBe(false);
  });
});

describe('baseFolder', () => {
  test.each([
    ['scripts/*.py', 'scripts'],
    ['a/b/**/*.sql', 'a/b'],
    ['scripts/one.py', 'scripts'],
    ['*.py', undefined],
    ['one.py', undefined],
    ['{a,b}/*.py', undefined],
  ])('of %s is %s', (pattern, folder) => {
    expect(baseFolder(pattern)).toBe(folder);
  });
});
