// Proves the loop in memory: at whatever point agents are killed or the power is cut, the tenant ends whole.
import { describe, expect, it } from 'vitest';
import { pipeline } from '../../../../agent/upgrade/pipeline.js';
import { createWorld, runScenario, statusOf, type CrashKind, type Scenario, type World } from './model.js';

const oldTenant = { services: true, code: 'old', env: 'old', data: ['row'], record: 'old' };
const hooks = ['hooks-pre-pull', 'hooks-post-pull', 'hooks-pre-migrate'];
const newTenant = {
  services: true,
  code: 'new',
  env: 'new',
  data: ['row', ...hooks, 'migrated', 'hooks-post-migrate'],
  record: 'new',
};

async function run(scenario: Scenario) {
  const world = createWorld();
  const events = await runScenario(scenario, world);
  return { world, events, finish: statusOf(events) };
}

/** The points of an upgrade that nothing disturbs. */
async function countPoints(scenario: Omit<Scenario, 'crashes'>): Promise<number> {
  return (await run({ ...scenario, crashes: [] })).world.points;
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_unused, index) => from + index);

/** Without a power cut no command may have been started twice. */
function findTwice({ started }: World): string[] {
  return started.filter((key, index) => started.indexOf(key) !== index);
}

function isWhole(world: World): boolean {
  const tenant = JSON.stringify(world.tenant);
  return tenant === JSON.stringify(oldTenant) || tenant === JSON.stringify(newTenant);
}

describe('an upgrade that nothing disturbs', () => {
  it('ends on the new version', async () => {
    const { world, finish } = await run({ crashes: [] });
    expect(finish?.status).toBe('success');
    expect(world.tenant).toEqual(newTenant);
  });
});

describe('a crash', () => {
  it('by SIGKILL at any point changes nothing about how the upgrade ends, and starts no command twice', async () => {
    for (const at of range(1, await countPoints({}))) {
      const { world, finish } = await run({ crashes: [{ at, kind: 'kill' }] });
      expect({ at, status: finish?.status, tenant: world.tenant }).toEqual({
        at,
        status: 'success',
        tenant: newTenant,
      });
      expect(findTwice(world)).toEqual([]);
    }
  });

  it('by SIGKILL at any two points changes nothing either', async () => {
    const points = await countPoints({});
    for (const first of range(1, points)) {
      for (const second of range(first + 1, points + 4)) {
        const crashes = [first, second].map((at) => ({ at, kind: 'kill' as const }));
        const { world, finish } = await run({ crashes });
        if (finish?.status !== 'success' || findTwice(world).length > 0)
          expect({ first, second, finish }).toBe('success');
        if (JSON.stringify(world.tenant) !== JSON.stringify(newTenant)) expect({ first, second, world }).toBe('new');
      }
    }
  });

  it('by power cut at any point ends on the new version, or, in the migrations, whole on the old one', async () => {
    const lost: number[] = [];
    for (const at of range(1, await countPoints({}))) {
      const { world, finish } = await run({ crashes: [{ at, kind: 'power' }] });
      const hookRows = world.tenant.data.filter((row) => row.startsWith('hooks-'));
      // An interrupted hook may have run again: it is idempotent by contract. Everything else is as it was.
      const tenant = {
        ...world.tenant,
        data: world.tenant.data.filter((row, index, all) => all.indexOf(row) === index),
      };
      if (finish?.status === 'success') expect({ at, tenant }).toEqual({ at, tenant: newTenant });
      else
        expect({ at, status: finish?.status, tenant: world.tenant }).toEqual({
          at,
          status: 'rolled_back',
          tenant: oldTenant,
        });
      expect(hookRows.length).toBeLessThanOrEqual(5);
      if (finish?.status !== 'success') lost.push(at);
    }
    expect(lost.length).toBeGreaterThan(0);
  });
});

describe('a failure', () => {
  const steps = pipeline.map(({ name }) => name);
  it.each(steps)('of %s puts the tenant back as one, also through a crash at any point', async (step) => {
    const fails = { body: step, times: 1 };
    const kinds: CrashKind[] = ['kill', 'power'];
    for (const at of range(1, await countPoints({ fails }))) {
      for (const kind of kinds) {
        const { world, finish } = await run({ fails, crashes: [{ at, kind }] });
        expect({ step, at, kind, status: finish?.status, tenant: world.tenant }).toEqual({
          step,
          at,
          kind,
          status: 'rolled_back',
          tenant: oldTenant,
        });
        if (kind === 'kill') expect(findTwice(world)).toEqual([]);
      }
    }
  });

  it.each(['start-services', 'health-check'])(
    'of %s with data written since holds, on the new version',
    async (step) => {
      const { world, finish } = await run({ fails: { body: step, times: 1 }, usersWrite: true, crashes: [] });
      expect(finish).toMatchObject({ status: 'failed', hold: 'data-changed', failure: { needs_operator: true } });
      expect(world.tenant).toEqual({ ...newTenant, data: [...newTenant.data, 'user'] });
    },
  );

  it('of a step with `on_failure: stay` starts the services and leaves the rest', async () => {
    const { world, finish } = await run({ fails: { body: 'migrate', times: 1 }, stay: true, crashes: [] });
    expect(finish).toMatchObject({ status: 'failed', hold: null });
    expect(world.tenant).toMatchObject({ services: true, code: 'new', record: 'old' });
  });

  it('of an undo is tried again, and after three times waits for an operator', async () => {
    const both = { fails: { body: 'checkout.undo', times: 3 } };
    const failing = await run({ ...both, cancelAt: { at: 90, force: true }, crashes: [] });
    expect(failing.finish).toMatchObject({ status: 'failed', hold: 'undo-failed' });
    const mended = await run({
      fails: { body: 'checkout.undo', times: 2 },
      cancelAt: { at: 90, force: true },
      crashes: [],
    });
    expect(mended.finish).toMatchObject({ status: 'cancelled', hold: null });
    expect(mended.world.tenant).toEqual(oldTenant);
  });
});

describe('a cancel', () => {
  it('at any point ends whole: cancelled on the old version, or too late on the new one', async () => {
    const seen = new Set<string>();
    for (const at of range(1, await countPoints({}))) {
      const { world, finish } = await run({ cancelAt: { at, force: true }, crashes: [] });
      seen.add(finish?.status ?? 'none');
      expect({ at, whole: isWhole(world), status: finish?.status }).toEqual({
        at,
        whole: true,
        status: world.tenant.code === 'new' ? 'success' : 'cancelled',
      });
    }
    expect(seen).toEqual(new Set(['cancelled', 'success']));
  });

  it('at any point and a kill at any later one end whole', async () => {
    const points = await countPoints({});
    for (const cancel of range(1, points).filter((at) => at % 7 === 0)) {
      for (const at of range(cancel, points)) {
        const { world, finish } = await run({
          cancelAt: { at: cancel, force: false },
          crashes: [{ at, kind: 'kill' }],
        });
        if (!isWhole(world)) expect({ cancel, at, world, finish }).toBe('whole');
      }
    }
  });
});
