import { describe, expect, it } from 'vitest';
import { findHeldVersion } from '../../../../../agent/tenant/git/held_version.js';

const isRelease = () => true;

describe('findHeldVersion', () => {
  it.each([
    {
      own: [],
      merged: ['v1.0.0', 'v2.0.0-rc.1', 'v1.9.0'],
      version: 'v2.0.0-rc.1',
      is: 'the highest one of its history',
    },
    { own: ['v2.5'], merged: ['v2.4', 'v2.5'], version: 'v2.5', is: 'the tag that it is at' },
    {
      own: ['v0.1.0'],
      merged: ['v0.1.0', 'v2.0.0'],
      version: 'v2.0.0',
      is: 'a higher one in its history than its own',
    },
    {
      own: ['web-v1.10.0'],
      merged: ['v9.0', 'web-v1.9.0', 'web-v1.10.0'],
      version: 'web-v1.10.0',
      is: 'one of the prefix of its own tag',
    },
    {
      own: [],
      merged: ['web-v1.9.0', 'v0.1.0', 'api-v2.0.0'],
      version: 'v0.1.0',
      is: 'one without a prefix, if it has one',
    },
    { own: [], merged: ['release/1.2', 'nightly'], version: 'release/1.2', is: 'one of the only prefix' },
  ])('is $is', ({ own, merged, version }) => {
    expect(findHeldVersion({ own, merged, isRelease })).toEqual({ version });
  });

  it('takes release tags before others', () => {
    const merged = ['v9.0.0', 'web-v1.0.0'];
    expect(findHeldVersion({ own: merged, merged, isRelease: (tag) => tag.startsWith('web-') })).toEqual({
      version: 'web-v1.0.0',
    });
    expect(findHeldVersion({ own: [], merged: ['v9.0.0'], isRelease: () => false })).toEqual({ version: 'v9.0.0' });
  });

  it('is unsure between several prefixes, and none without a version', () => {
    expect(findHeldVersion({ own: [], merged: ['web-v1.0', 'api-v1.0', 'web-v1.1'], isRelease })).toEqual({
      unsure: expect.arrayContaining(['web-v1.1', 'api-v1.0']),
    });
    expect(findHeldVersion({ own: ['nightly'], merged: ['nightly'], isRelease })).toBeNull();
  });
});
