// `drover`: its lists, its help, and what it says where it cannot go on.
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { commands } from '../../../../controller/cli/commands.js';
import { token } from '../../../helpers/controller/serve_api.js';
import { begin, finish, step } from '../../../unit/shared/terminal/streams.js';
import { useOperator, type Operator } from './drover.js';

describe('the lists', () => {
  it('show tenants, hosts and upgrades', async () => {
    const { drover, fleet } = await useOperator();
    const id = '019b2692-0000-7000-8000-00000000000a';
    fleet.add(id);
    fleet.append(id, begin, finish('success', 'v0.4.0'));
    expect((await drover('tenants')).stdout).toMatch(
      /^TENANT .*\ntestsite {2}v0\.1\.0 {3}111111111111 {2}h1 {4}idle {3}ring=canary\n$/,
    );
    expect((await drover('hosts')).stdout).toMatch(/\nh1 {4}connected since 2025-12-16 10:15:00 /);
    expect((await drover('upgrades')).stdout).toMatch(
      /\n2025-12-16 10:15:00 {2}testsite {2}h1 .*success .*v0\.1\.0 → v0\.4\.0/,
    );
    fleet.add('rolled-back');
    fleet.append('rolled-back', begin, finish('rolled_back', 'v0.1.0'));
    expect((await drover('upgrades', '--status', 'rolled_back')).stdout).toMatch(
      /v0\.1\.0 → v0\.4\.0 +rolled-back +at 2025-12-16 10:15:\d\d\n/,
    );
    expect((await drover('upgrades', '--status', 'failed')).stdout).toBe(
      'There is no upgrade with the status failed.\n',
    );
  });

  it('say of a host how many of its tenants drift or are missing', async () => {
    const { drover, fleet } = await useOperator();
    const host = await fleet.findHost('h1');
    fleet.listHosts = async () => ({ items: [{ ...host, drifting: 2, missing: 1 }], next: null });
    expect((await drover('hosts')).stdout).toMatch(/\nh1 .* 1 \(2 drift, 1 missing\) /);
  });

  it('fold into the width of a terminal, what is known of an upgrade coming after its line', async () => {
    const { begin: start, fleet } = await useOperator();
    const id = '019b2692-0000-7000-8000-00000000000a';
    fleet.add(id);
    fleet.append(id, begin, finish('rolled_back', 'v0.1.0'));
    for (const command of ['upgrades', 'hosts', 'tenants']) {
      const { stdout } = await start([command], { isTTY: true }).done;
      const lines = stripVTControlCharacters(stdout).split('\n');
      expect(lines.filter((line) => line.length > 80)).toEqual([]);
    }
    const { stdout } = await start(['upgrades'], { isTTY: true }).done;
    expect(stripVTControlCharacters(stdout)).toContain(`\n    ${id}  at 2025-12-16 10:15:02\n`);
  });

  it('say where there is nothing yet what to do', async () => {
    const { drover, fleet } = await useOperator();
    expect((await drover('upgrades')).stdout).toContain('There is no upgrade yet.\n`drover plan TENANT` shows');
    expect((await drover('upgrades', '--tenant', 'testsite')).stdout).toBe('There is no upgrade of testsite.\n');
    fleet.listHosts = async () => ({ items: [], next: null });
    fleet.listTenants = async () => ({ items: [], next: null });
    expect((await drover('hosts')).stdout).toContain('`drover join-tokens create` makes a join token');
    expect((await drover('tenants')).stdout).toContain('a file in /etc/drover/tenants.d of one of them adds a tenant');
  });

  it('go by what is stored of an upgrade, not by the last report of a host that is gone', async () => {
    const { drover, fleet } = await useOperator();
    const id = '019b2692-0000-7000-8000-00000000000a';
    const tenant = await fleet.findTenant('testsite');
    const listed = (change: Partial<typeof tenant>) => {
      fleet.listTenants = async () => ({ items: [{ ...tenant, ...change }], next: null });
      return drover('status');
    };
    expect((await listed({ state: 'running', host_state: 'offline' })).stdout).toMatch(/\(offline\) {2}idle {3}/);
    fleet.add(id);
    expect((await listed({ upgrade: id })).stdout).toMatch(/ pending {2}ring/);
    fleet.append(id, begin, ...step('checkout').slice(0, 1));
    expect((await listed({ upgrade: id, host_state: 'offline' })).stdout).toMatch(/ running: checkout {2}ring/);
  });

  it('are objects under --json', async () => {
    const { drover } = await useOperator();
    expect(JSON.parse((await drover('tenants', '--json')).stdout)).toMatchObject({ tenants: [{ slug: 'testsite' }] });
    expect(JSON.parse((await drover('tenants', 'testsite', '--json')).stdout)).toMatchObject({ slug: 'testsite' });
    expect(JSON.parse((await drover('hosts', '--json')).stdout)).toMatchObject({ hosts: [{ host: 'h1' }] });
    expect(JSON.parse((await drover('upgrades', '--json')).stdout)).toEqual({ upgrades: [], next: null });
  });

  it('say which tenant needs an operator, and which host is offline', async () => {
    const { drover, fleet } = await useOperator();
    const findTenant = fleet.findTenant.bind(fleet);
    const hold = { reason: 'undo-failed', message: 'the undo of migrate failed', hint: 'drover-agent resume testsite' };
    fleet.findTenant = async (slug) => ({
      ...(await findTenant(slug)),
      state: 'needs_operator',
      hold,
      host_state: 'offline',
    });
    const { stdout } = await drover('tenants', 'testsite');
    expect(stdout).toContain('h1 (offline)  needs an operator');
    expect(stdout).toContain(
      '\ntestsite on h1\n  the undo of migrate failed\n  drover-agent resume testsite\n  needs an operator (undo-failed)\n',
    );
  });

  it('say of a host that it has joined and never connected, or that its key is refused', async () => {
    const { drover, fleet } = await useOperator();
    const host = await fleet.findHost('h1');
    const listed = async (change: Partial<typeof host>) => {
      fleet.listHosts = async () => ({ items: [{ ...host, ...change }], next: null });
      return (await drover('hosts')).stdout;
    };
    const nothing = { connected_at: null, agent_version: null, protocol_version: null, clock_skew_ms: null };
    expect(await listed({ ...nothing, state: 'joined' })).toMatch(/\nh1 {4}joined, never connected {2}1 +- +- +-\n$/);
    expect(await listed({ state: 'quarantined' })).toMatch(/\nh1 {4}quarantined {2}/);
  });

  it.each([
    ['ten years ahead', 315_532_800_000, /\n\nh1\n {2}its clock is \d.* ahead\n$/],
    ['ten years behind', -315_619_200_000, /\n\nh1\n {2}its clock is \d.* behind\n$/],
    ['five seconds ahead', 5000, /\n\nh1\n {2}its clock is 5\.0 s ahead\n$/],
    ['a little behind', -4999, /\nh1 {4}connected since [^\n]*\n$/],
  ])('say of a host whether its clock is wrong: %s', async (_how, skewMs, said) => {
    const { drover, fleet } = await useOperator();
    const findHost = fleet.findHost.bind(fleet);
    fleet.listHosts = async () => ({ items: [{ ...(await findHost('h1')), clock_skew_ms: skewMs }], next: null });
    expect((await drover('hosts')).stdout).toMatch(said);
  });
});

it.each([
  [['--tenant', 'nosuch'], 'there is no tenant nosuch'],
  [['--host', 'nosuch'], 'there is no host nosuch'],
])('says of an empty list that its name is unknown: %j', async (words, message) => {
  const { drover } = await useOperator();
  const { exitCode, stdout, stderr } = await drover('upgrades', ...words);
  expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 2, stdout: '', stderr: expect.stringContaining(message) });
});

it('says that a port speaks plain HTTP', async () => {
  const { begin: start, url } = await useOperator();
  const secure = url.replace('http:', 'https:');
  const { exitCode, stderr } = await start(['tenants'], { env: { DROVER_URL: secure, DROVER_TOKEN: token } }).done;
  expect(exitCode).toBe(3);
  expect(stderr).toContain(`that port speaks plain HTTP, not TLS\n  Use http:// where it is meant so: ${url}\n`);
});

it('says that a token is wrong', async () => {
  const { begin: start, url } = await useOperator();
  const { exitCode, stderr } = await start(['tenants'], { env: { DROVER_URL: url, DROVER_TOKEN: 'wrong' } }).done;
  expect(exitCode).toBe(2);
  expect(stderr).toContain('drover: the token is wrong\n');
});

describe('drover status', () => {
  const hold = { reason: 'undo-failed', message: 'the undo of migrate failed', hint: 'drover-agent resume testsite' };
  const needy = async ({ fleet }: Operator) => {
    const findTenant = fleet.findTenant.bind(fleet);
    fleet.findTenant = async (slug) => ({ ...(await findTenant(slug)), state: 'needs_operator', hold });
    fleet.listTenants = async () => ({
      items: [{ ...(await findTenant('testsite')), slug: 'anna' }, await fleet.findTenant('testsite')],
      next: null,
    });
  };

  it('lists the tenants that need an operator first, and ends with 1 where one does', async () => {
    const operator = await useOperator();
    expect(await operator.drover('status')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^TENANT .*\ntestsite {2}v0\.1\.0 {3}111111111111 {2}h1 {4}idle {3}ring=canary\n$/),
    });
    await needy(operator);
    const { exitCode, stdout } = await operator.drover('status');
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(
      /\ntestsite .* needs an operator {2}ring=canary\nanna .* idle +ring=canary\n\ntestsite on h1\n/,
    );
    const { tenants } = JSON.parse((await operator.drover('status', '--json')).stdout);
    expect(tenants).toMatchObject([{ slug: 'testsite', state: 'needs_operator' }, { slug: 'anna' }]);
  });

  it('shows a tenant in full, with its last five upgrades', async () => {
    const operator = await useOperator();
    const ids = Array.from({ length: 6 }, (_, index) => `019b2692-0000-7000-8000-00000000000${index}`);
    for (const id of ids) {
      operator.fleet.add(id);
      operator.fleet.append(id, begin, finish('success', 'v0.4.0'));
    }
    const idle = await operator.drover('status', 'testsite');
    expect(idle.exitCode).toBe(0);
    expect(idle.stdout).toContain('testsite on h1\n  state     idle\n  version   v0.1.0 (111111111111)\n');
    expect(idle.stdout).toContain('  labels    ring=canary\n  reported  2025-12-16 10:15:00\n  upgrades\n');
    expect(idle.stdout.match(/success {2}v0\.1\.0 → v0\.4\.0 {2}019b/g)).toHaveLength(5);
    expect(idle.stdout).not.toContain(ids[0]);
    await needy(operator);
    const { exitCode, stdout } = await operator.drover('status', 'testsite');
    expect(exitCode).toBe(1);
    expect(stdout).toContain(
      '  the undo of migrate failed\n  drover-agent resume testsite\n  needs an operator (undo-failed)',
    );
    const answer = JSON.parse((await operator.drover('status', 'testsite', '--json')).stdout);
    expect(answer).toMatchObject({ slug: 'testsite', hold, upgrades: [{ id: ids[5] }, {}, {}, {}, {}] });
  });

  it('knows no tenant that no host has reported', async () => {
    const { drover } = await useOperator();
    expect(await drover('status', 'nobody')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('there is no tenant nobody'),
    });
  });
});

describe('help', () => {
  it.each(commands.map(({ name }) => name))('of %s has its exit codes', async (name) => {
    const { drover } = await useOperator();
    const { exitCode, stdout, stderr } = await drover(...name.split(' '), '--help');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toContain(`Usage: drover ${name} `);
    expect(stdout).toContain('Exit codes: 0 ');
  });
});
