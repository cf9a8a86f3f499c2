import { assert, property, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  canBeNamed,
  matchServicesUnits,
  nameCommandUnit,
  nameServicesUnit,
} from '../../../../agent/command/systemd/unit_names.js';

const [folder, label] = ['/var/lib/drover/upgrades/i/commands/k', '0198-a/hooks.post-pull.v0.4.0.sh~1'];

describe('the unit of a command', () => {
  test('is named for people, and for its agent and its run folder', () => {
    const name = nameCommandUnit('/var/lib/drover', { folder, label });
    expect(name).toMatch(/^drover-command-[0-9a-f]{8}-0198-a-hooks\.post-pull\.v0\.4\.0\.sh-1-[0-9a-f]{8}\.service$/);
    expect(nameCommandUnit('/var/lib/drover', { folder, label })).toBe(name);
    expect(nameCommandUnit('/var/lib/other', { folder, label })).not.toBe(name);
    expect(nameCommandUnit('/var/lib/drover', { folder: `${folder}~1`, label })).not.toBe(name);
  });

  test('has a name that systemd takes, whatever its label', () => {
    const names = property(string({ unit: 'binary', maxLength: 400 }), (text) => {
      const name = nameCommandUnit('/s', { folder, label: text });
      expect(name).toMatch(/^[A-Za-z0-9:_.-]+\.service$/);
      expect(name.length).toBeLessThanOrEqual(255);
    });
    assert(names);
  });
});

test('the units of a tenant’s services are matched, and none of another tenant’s', () => {
  const pattern = matchServicesUnits('/s', 'shop');
  const [before, after = ''] = pattern.split('*');
  const matches = (name: string) => name.startsWith(before ?? '') && name.endsWith(after);
  expect(matches(nameServicesUnit('/s', { tenant: 'shop', folder }))).toBe(true);
  expect(matches(nameServicesUnit('/s', { tenant: 'shop-2', folder }))).toBe(false);
  expect(matches(nameServicesUnit('/t', { tenant: 'shop', folder }))).toBe(false);
});

test.each(['/var/lib/drover', '/srv/a-b_c.d:e@f+g~h'])('%s can be named in a unit', (text) => {
  expect(canBeNamed(text)).toBe(true);
});

test.each(['/srv/a b', '/srv/$HOME', '/srv/%n', '/srv/"', "/srv/'", '/srv/\\x', '/srv/;', '/srv/ü', '/srv/\n'])(
  '%j cannot: systemd would read it otherwise',
  (text) => {
    expect(canBeNamed(text)).toBe(false);
  },
);
