// `drover tokens`, `drover audit`, `--reason` and `--where`.
import { describe, expect, it } from 'vitest';
import { auditEntrySchema, tokenSchema } from '../../../../shared/wire/access_api.js';
import { useOperator } from './drover.js';

describe('drover tokens', () => {
  it('makes a token that is good for what it says, and revokes it', async () => {
    const { drover, begin: start, url } = await useOperator();
    const words = [
      '--role',
      'viewer',
      '--scope',
      'slug~acme-*',
      '--expires-in',
      '90d',
      '--reason',
      'for the dashboard',
    ];
    const made = await drover('tokens', 'create', 'anna', ...words);
    expect(made).toMatchObject({ exitCode: 0, stderr: '' });
    expect(made.stdout).toMatch(/^drover_[\w-]{43}\n$/);
    const env = { DROVER_URL: url, DROVER_TOKEN: made.stdout.trim() };
    expect((await start(['tenants'], { env }).done).exitCode).toBe(0);
    const refused = await start(['cancel', 'testsite'], { env }).done;
    expect(refused).toMatchObject({ exitCode: 2 });
    const list = await drover('tokens', 'list');
    expect(list.stdout).toMatch(/^NAME +ROLE +SCOPE +ENDS +LAST USED +MADE\n/);
    expect(list.stdout).toMatch(/\nanna +viewer +slug~acme-\* +20\d\d-[^ ]+ [^ ]+ +20\d\d-.* by tester\n$/);
    expect(list.stdout).not.toContain('drover_');
    expect(await drover('tokens', 'revoke', 'anna', '--reason', 'lost')).toMatchObject({
      stdout: 'anna is revoked.\n',
    });
    expect(await start(['tenants'], { env }).done).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/^drover: the token anna was revoked at 20.*\n {2}An admin makes a new one/),
    });
    expect((await drover('tokens', 'list')).stdout).toMatch(/\nanna .* revoked 20\d\d-/);
    const audit = await drover('audit', '--by', 'tester');
    const rows = audit.stdout.split('\n').map((line) => line.split(/ {2,}/).slice(1));
    expect(rows.slice(0, 3)).toEqual([
      ['BY', 'FROM', 'CHANGE', 'ON', 'WHY'],
      ['tester', '127.0.0.1', 'tokens.revoke', 'anna', 'lost'],
      ['tester', '127.0.0.1', 'tokens.create', 'anna', 'for the dashboard'],
    ]);
  });

  it('shows a token to whom it is shown once that nobody can show it again', async () => {
    const { begin: start } = await useOperator();
    const { stderr } = await start(['tokens', 'create', 'anna', '--role', 'admin'], { isTTY: true }).done;
    expect(stderr).toContain('Keep it now: nobody can show it again.');
  });

  it.each([
    [['create', 'anna'], '--role wants one of viewer, operator, admin'],
    [['create', 'anna', '--role', 'root'], '--role wants one of viewer, operator, admin'],
    [['create', 'an na', '--role', 'viewer'], '"an na" is no name of a token'],
    [['create', 'anna', '--role', 'viewer', '--expires-in', '5s'], '--expires-in wants a time of at least 1m'],
    [['create', 'anna', '--role', 'viewer', '--scope', 'version=v1'], 'a scope cannot use `version`'],
    [['create', 'anna', '--role', 'viewer', '--scope', 'slug'], 'is wrong at column 5'],
    [['create', 'anna', '--role', 'admin', '--scope', 'slug=a'], 'a token of an admin cannot have a scope'],
    [['create', 'tester', '--role', 'viewer'], 'there is a token tester already'],
    [['revoke', 'nobody'], 'there is no token nobody'],
    [['revoke', 'tester', '--reason', 'x'.repeat(1001)], '--reason takes at most 1000 characters'],
  ])('refuses %j', async (words, message) => {
    const { drover } = await useOperator();
    expect(await drover('tokens', ...words)).toMatchObject({
      exitCode: 2,
      stdout: '',
      stderr: expect.stringContaining(message),
    });
  });

  it('are objects under --json', async () => {
    const { drover } = await useOperator();
    const made = JSON.parse((await drover('tokens', 'create', 'anna', '--role', 'viewer', '--json')).stdout);
    expect(made).toMatchObject({ name: 'anna', token: expect.stringMatching(/^drover_/) });
    const { tokens } = JSON.parse((await drover('tokens', 'list', '--json')).stdout);
    expect(
      tokenSchema
        .array()
        .parse(tokens)
        .map(({ name }) => name),
    ).toEqual(['tester', 'anna']);
    expect(JSON.parse((await drover('tokens', 'revoke', 'anna', '--json')).stdout)).toMatchObject({ name: 'anna' });
    const { changes, next } = JSON.parse((await drover('audit', '--limit', '1', '--json')).stdout);
    expect(auditEntrySchema.array().parse(changes)).toMatchObject([{ action: 'tokens.revoke', target: 'anna' }]);
    expect(next).toMatch(/^\d+$/);
  });
});

it('says that a token may not do something, and who makes one that may', async () => {
  const { drover, begin: start, url } = await useOperator();
  const { stdout } = await drover('tokens', 'create', 'anna', '--role', 'operator');
  const env = { DROVER_URL: url, DROVER_TOKEN: stdout.trim() };
  expect(await start(['tokens', 'list'], { env }).done).toEqual({
    exitCode: 2,
    stdout: '',
    stderr:
      'drover: the token anna has the role operator, and this needs admin\n' +
      '  An admin makes one: `drover tokens create NAME --role admin`.\n',
  });
});

describe('--where', () => {
  it('selects tenants, and says that none is selected', async () => {
    const { drover, fleet } = await useOperator();
    const asked: unknown[] = [];
    const listTenants = fleet.listTenants.bind(fleet);
    fleet.listTenants = async (query) => {
      asked.push(query.where);
      return query.where === 'slug=other' ? { items: [], next: null } : listTenants(query);
    };
    expect((await drover('tenants', '--where', 'slug=testsite')).stdout).toMatch(/\ntestsite /);
    expect((await drover('status', '--where', 'slug=testsite')).stdout).toMatch(/\ntestsite /);
    expect((await drover('status', '--where', 'slug=other')).stdout).toBe('No tenant is selected by slug=other.\n');
    expect(asked).toEqual(['slug=testsite', 'slug=testsite', 'slug=other']);
  });

  it.each(['tenants', 'status'])('is refused by %s where it is wrong, or beside a tenant', async (name) => {
    const { drover } = await useOperator();
    const wrong = await drover(name, '--where', 'ring=');
    expect(wrong).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('is wrong at column 6') });
    const both = await drover(name, 'testsite', '--where', 'ring=a');
    expect(both).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('choose a tenant or --where, not both'),
    });
  });
});

it.each(['upgrade', 'cancel', 'rollback', 'resume', 'tokens create', 'tokens revoke'])(
  'takes a reason for %s',
  async (name) => {
    const { drover } = await useOperator();
    expect((await drover(...name.split(' '), '--help')).stdout).toContain('why; it goes to the audit log');
  },
);
