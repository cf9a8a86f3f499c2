// Proves the loop in memory: wherever an upgrade fails or is cancelled, and agents are killed meanwhile, the tenant ends whole.
import { describe, expect, it } from 'vitest';
import { pipeline } from '../../../../agent/upgrade/pipeline.js';
import { countPoints, findTwice, isWhole, newTenant, oldTenant, range, run } from './judge_upgrade.js';
import { crashEverywhere, findEndsTooEarly } from './model.js';
import type { CrashKind } from './model_tenant.js';

describe('an upgrade that nothing disturbs', () => {
  it('ends on the new version', async () => {
    const { world, finish } = await run({});
    expect(finish?.status).toBe('success');
    expect(world.tenant).toEqual(newTenant);
  });
});

describe('a failure', () => {
  const kinds: CrashKind[] = ['kill', 'power'];
  const steps = pipeline.map(({ name }) => name);
  it.each(steps)('of %s puts the tenant back as one, also through a crash at any point', async (step) => {
    const fails = { body: step, times: 1 };
    const broken: object[] = [];
    for (const kind of kinds) {
      for (const [at, host] of (await crashEverywhere(kind, { fails })).entries()) {
        const { world, finish } = await run({ fails }, host);
        const isBack = finish?.status === 'rolled_back' && JSON.stringify(world.tenant) === JSON.stringify(oldTenant);
        if (!isBack || (kind === 'kill' && findTwice(world).length > 0)) broken.push({ at, kind, finish, world });
      }
    }
    expect(broken).toEqual([]);
  });

  it.each(['start-services', 'health-check'])(
    'of %s with data written since holds, on the new version',
    async (step) => {
      const { world, finish } = await run({ fails: { body: step, times: 1 }, usersWrite: true });
      expect(finish).toMatchObject({ status: 'failed', hold: 'data-changed', failure: { needs_operator: true } });
      expect(world.tenant).toEqual({ ...newTenant, data: [...newTenant.data, 'user'] });
    },
  );

  it('of a step with `on_failure: stay` starts the services and leaves the rest', async () => {
    const { world, finish } = await run({ fails: { body: 'migrate', times: 1 }, stay: true });
    expect(finish).toMatchObject({ status: 'failed', hold: null });
    expect(world.tenant).toMatchObject({ services: true, code: 'new', record: 'old' });
  });

  it('of an undo is tried again, and after three times waits for an operator', async () => {
    const both = { fails: { body: 'checkout.undo', times: 3 } };
    const failing = await run({ ...both, cancelAt: { at: 90, force: true } });
    expect(failing.finish).toMatchObject({ status: 'failed', hold: 'undo-failed' });
    const mended = await run({
      fails: { body: 'checkout.undo', times: 2 },
      cancelAt: { at: 90, force: true },
    });
    expect(mended.finish).toMatchObject({ status: 'cancelled', hold: null });
    expect(mended.world.tenant).toEqual(oldTenant);
  });
});

describe('a cancel', () => {
  it('at any point ends whole: cancelled on the old version, or too late on the new one', async () => {
    const seen = new Set<string>();
    const broken: object[] = [];
    for (const at of range(1, await countPoints({}))) {
      const { world, finish } = await run({ cancelAt: { at, force: true } });
      seen.add(finish?.status ?? 'none');
      const expected = world.tenant.code === 'new' ? 'success' : 'cancelled';
      if (!isWhole(world) || finish?.status !== expected) broken.push({ at, world, finish });
    }
    expect(broken).toEqual([]);
    expect(seen).toEqual(new Set(['cancelled', 'success']));
  });

  it('at any point and a kill at any later one end whole, and no step ends before its commands', async () => {
    const points = await countPoints({});
    const broken: object[] = [];
    for (const cancel of range(1, points).filter((at) => at % 3 === 0)) {
      const scenario = { cancelAt: { at: cancel, force: false } };
      const hosts = await crashEverywhere('kill', scenario);
      for (const [at, host] of hosts.entries()) {
        const { world, finish } = await run(scenario, host);
        const early = findEndsTooEarly(host.store.events);
        if (!isWhole(world) || early.length > 0) broken.push({ cancel, at, world, finish, early });
      }
    }
    expect(broken).toEqual([]);
  });
});
