// Proves the loop in memory: at whatever point agents are killed or the power is cut, the tenant ends whole.
import { describe, expect, it } from 'vitest';
import { countPoints, findTwice, newTenant, oldTenant, run } from './judge_upgrade.js';
import { crashEverywhere } from './model.js';

describe('a crash', () => {
  it('by SIGKILL at any point changes nothing about how the upgrade ends, and starts no command twice', async () => {
    const hosts = await crashEverywhere('kill', {});
    expect(hosts.length).toBe(await countPoints({}));
    for (const [index, host] of hosts.entries()) {
      const { world, finish } = await run({}, host);
      expect({ at: index + 1, status: finish?.status, tenant: world.tenant }).toEqual({
        at: index + 1,
        status: 'success',
        tenant: newTenant,
      });
      expect(findTwice(world)).toEqual([]);
    }
  });

  it('by SIGKILL at any two points changes nothing either', async () => {
    const broken: object[] = [];
    for (const [first, killed] of (await crashEverywhere('kill', {})).entries()) {
      for (const [after, host] of (await crashEverywhere('kill', {}, killed)).entries()) {
        const { world, finish } = await run({}, host);
        const isRight = finish?.status === 'success' && JSON.stringify(world.tenant) === JSON.stringify(newTenant);
        if (!isRight || findTwice(world).length > 0) broken.push({ first, after, finish, world });
      }
    }
    expect(broken).toEqual([]);
  });

  it('by power cut at any point ends on the new version, or, in the migrations, whole on the old one', async () => {
    const wholes: object[] = [];
    const statuses = new Set<string>();
    for (const [at, host] of (await crashEverywhere('power', {})).entries()) {
      const { world, finish } = await run({}, host);
      // An interrupted hook may have run again: it is idempotent by contract. Everything else is as it was.
      const data = world.tenant.data.filter((row, index, all) => all.indexOf(row) === index);
      const expected = finish?.status === 'success' ? newTenant : oldTenant;
      const tenant = JSON.stringify({ ...world.tenant, data });
      const isFine = tenant === JSON.stringify(expected) && world.tenant.data.length - data.length <= 1;
      if (!isFine) wholes.push({ at, finish, world });
      statuses.add(finish?.status ?? 'none');
    }
    expect(wholes).toEqual([]);
    expect(statuses).toEqual(new Set(['success', 'rolled_back']));
  });
});
