import { describe, expect, test } from 'vitest';
import { parseHookName } from '../../../../../agent/tenant/hooks/parse_hook_name.js';

const tags = new Set(['v0.3.28', 'v0.4.0', 'v1.0.0', 'v1.0.0-rc.1', 'v0.4.0.hotfix']);

describe('parseHookName', () => {
  test('takes a name without a phase for post-pull', () => {
    expect(parseHookName('v0.3.28.sh', tags)).toEqual({
      is: 'hook',
      tag: 'v0.3.28',
      phase: 'post-pull',
      isDefault: true,
    });
  });

  test.each(['pre-pull', 'post-pull', 'pre-migrate', 'post-migrate'])('reads the phase %s', (phase) => {
    expect(parseHookName(`v0.4.0.${phase}.sh`, tags)).toEqual({ is: 'hook', tag: 'v0.4.0', phase, isDefault: false });
  });

  test('reads a pre-release tag whole, dots and all', () => {
    expect(parseHookName('v1.0.0-rc.1.sh', tags)).toMatchObject({ is: 'hook', tag: 'v1.0.0-rc.1' });
    expect(parseHookName('v1.0.0-rc.1.pre-pull.sh', tags)).toMatchObject({ tag: 'v1.0.0-rc.1', phase: 'pre-pull' });
  });

  test('prefers the longest tag that the name begins with', () => {
    expect(parseHookName('v0.4.0.hotfix.sh', tags)).toMatchObject({ is: 'hook', tag: 'v0.4.0.hotfix' });
    expect(parseHookName('v0.4.0.hotfix.pre-pull.sh', tags)).toMatchObject({ tag: 'v0.4.0.hotfix', phase: 'pre-pull' });
  });

  test.each(['postmigrate', 'post-Migrate', 'post_migrate', 'migrate'])('calls the phase %s misspelt', (suffix) => {
    expect(parseHookName(`v0.4.0.${suffix}.sh`, tags)).toEqual({ is: 'misspelt-phase', tag: 'v0.4.0', suffix });
  });

  test.each([
    ['v9.9.9.sh', 'v9.9.9'],
    ['v9.9.9.post-migrate.sh', 'v9.9.9'],
    ['v1.0.0-rc.2.sh', 'v1.0.0-rc.2'],
    ['release-7.pre-pull.sh', 'release-7'],
    ['v0.4.01.sh', 'v0.4.01'],
  ])('finds no tag for %s', (name, tag) => {
    expect(parseHookName(name, tags)).toEqual({ is: 'unknown-tag', tag });
  });

  test.each(['README.md', 'lib.sh', 'common-functions.sh', 'data.json', 'v0.4.0.sh.bak', 'v0.4.0', '10-setup.sh'])(
    'takes %s for no hook',
    (name) => {
      expect(parseHookName(name, tags)).toEqual({ is: 'other' });
    },
  );
});
