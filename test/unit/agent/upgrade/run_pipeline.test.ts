// Proves the loop in memory: at whatever point agents are killed or the power is cut, the tenant ends whole.
import { describe, expect, it } from 'vitest';
import { pipeline } from '../../../../agent/upgrade/pipeline.js';
import { crashEverywhere, createHost, runScenario, statusOf, type Host } from './model.js';
import { copyWorld, type CrashKind, type Scenario, type World } from './model_tenant.js';

const oldTenant = { services: true, code: 'old', env: 'old', data: ['row'], record: 'old' };
const hooks = ['hooks-pre-pull', 'hooks-post-pull', 'hooks-pre-migrate'];
const newTenant = {
  services: true,
  code: 'new',
  env: 'new',
  data: ['row', ...hooks, 'migrated', 'hooks-post-migrate'],
  record: 'new',
};

async function run(scenario: Scenario, host: Host = createHost()) {
  await runScenario(scenario, host);
  const { events } = host.store;
  return { world: host.world, events, finish: statusOf(events) };
}

/** The points of an upgrade that nothing disturbs. */
async function countPoints(scenario: Scenario): Promise<number> {
  return (await run(scenario)).world.points;
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_unused, index) => from + index);

/** Without a power cut no command may have been started twice. */
function findTwice({ started }: World): string[] {
  return started.filter((key, index) => started.indexOf(key) !== index);
}

const isOld = ({ tenant }: Pick<World, 'tenant'>) => JSON.stringify(tenant) === JSON.stringify(oldTenant);
const isNew = ({ tenant }: Pick<World, 'tenant'>) => JSON.stringify(tenant) === JSON.stringify(newTenant);
const isWhole = (world: World) => isOld(world) || isNew(world);

describe('an upgrade that nothing disturbs', () => {
  it('ends on the new version', async () => {
    const { world, finish } = await run({});
    expect(finish?.status).toBe('success');
    expect(world.tenant).toEqual(newTenant);
  });
});

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

  it('at any point and a kill at any later one end whole', async () => {
    const points = await countPoints({});
    const broken: object[] = [];
    for (const cancel of range(1, points).filter((at) => at % 7 === 0)) {
      const scenario = { cancelAt: { at: cancel, force: false } };
      const hosts = await crashEverywhere('kill', scenario);
      for (const [at, host] of hosts.entries()) {
        const { world, finish } = await run(scenario, host);
        if (!isWhole(world)) broken.push({ cancel, at, world, finish });
      }
    }
    expect(broken).toEqual([]);
  });
});

describe('a disk that takes no more of the journal', () => {
  /** Longer than any rollback takes. */
  const long = 300;
  it('from any point on: the tenant is back, or through, before the disk is; the stream is whole once it is', async () => {
    const broken: object[] = [];
    const statuses = new Set<string>();
    for (const from of range(1, await countPoints({}))) {
      const { world, events, finish } = await run({ unwritable: { from, to: from + long } });
      const isRight = finish?.status === 'success' ? isNew(world) : finish?.status === 'rolled_back' && isOld(world);
      const { services, code } = world.atFirstWait ?? { services: false, code: 'none' };
      const isUp = services && code === world.tenant.code;
      const isSeamless = events.every(({ n }, index) => n === index + 1);
      if (!isRight || !isUp || !isSeamless || world.rollbackMarker !== null) broken.push({ from, finish, world });
      statuses.add(finish?.status ?? 'none');
    }
    expect(broken).toEqual([]);
    expect(statuses).toEqual(new Set(['rolled_back', 'success']));
  });

  it('lets nothing begin that goes forward', async () => {
    for (const from of range(1, await countPoints({}))) {
      const { world } = await run({ unwritable: { from, to: from + long } });
      expect(world.begunUnwritten, `from ${from}`).toEqual([]);
    }
  });

  it.each(['kill', 'power'] as const)(
    'and then a %s: whoever comes after does not go forward from what was undone',
    async (kind) => {
      const broken: object[] = [];
      for (const from of range(1, await countPoints({})).filter((at) => at % 3 === 0)) {
        for (const crashed of await crashEverywhere(kind, { unwritable: { from, to: from + long } })) {
          // Mended before the next agent starts, or while it is at work.
          const at = crashed.world.points;
          if (at <= from || at > from + 60) continue;
          for (const to of [at, at + 20]) {
            const host = {
              world: copyWorld(crashed.world),
              store: { ...crashed.store, events: [...crashed.store.events] },
            };
            const { world, finish } = await run({ unwritable: { from, to } }, host);
            const data = world.tenant.data.filter((row, index, all) => all.indexOf(row) === index);
            const isRight =
              finish?.status === 'success'
                ? isNew({ tenant: { ...world.tenant, data } })
                : finish?.status === 'rolled_back' && isOld(world);
            const isTwice = kind === 'kill' && findTwice(world).length > 0;
            if (!isRight || isTwice || world.rollbackMarker !== null) broken.push({ from, at, to, finish, world });
          }
        }
      }
      expect(broken).toEqual([]);
    },
  );
});
