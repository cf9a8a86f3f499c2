// The signatures of failures: one for one cause, on whatever host and tenant.
import { describe, expect, it } from 'vitest';
import { describeSignature, signFailure } from '../../../../shared/model/failure_signature.js';

const sign = (message: string, names = { tenant: 'acme', host: 'web-17.example.org' }) =>
  signFailure({ step: 'migrate', message }, names);

describe('the signature of a failure', () => {
  it('names step and hook, and then the message', () => {
    const failure = { step: 'hooks-post-migrate', hook: 'v0.4.0.post-migrate.sh', message: 'exit 3' } as const;
    expect(signFailure(failure, { tenant: 'acme', host: 'h1' })).toBe(
      'hooks-post-migrate | v0.4.0.post-migrate.sh | exit N',
    );
    expect(signFailure({ step: null, message: 'no room' }, { tenant: 'a', host: 'h' })).toBe('- | - | no room');
  });

  it.each([
    ['scripts/005_add_author.py failed: exit 1', 'scripts/N_add_author.py failed: exit N'],
    [
      'sqlite3.OperationalError: duplicate column name: author',
      'sqliteN.OperationalError: duplicate column name: author',
    ],
    ['GET http://127.0.0.1:8017/health answered 502', 'GET URL answered N'],
    ['https://git.example.com/acme.git cannot be fetched from: timed out', 'URL cannot be fetched from: timed out'],
    ['/home/acme/app is in use by git: /home/acme/app/.git/index.lock exists', 'PATH is in use by git: PATH exists'],
    ['"/srv/x/db.sqlite" has 12 MiB, and 300 MiB are needed', "'PATH' has N MiB, and N MiB are needed"],
    ['failed since it was started: acme-web.service', 'failed since it was started: TENANT-web.service'],
    ['the tag v0.4.0 is 8e51774ab, not 0123456789abcdef0123456789abcdef01234567', 'the tag vN.N.N is HEX, not HEX'],
    [
      'the upgrade 01a22c2e-2cde-7522-9f82-1e83f3cec880 of acme on web-17.example.org',
      'the upgrade ID of TENANT on HOST',
    ],
    ['acmegroup and/or acme: defaced, feedface', 'acmegroup and/or TENANT: defaced, feedface'],
    ['‘pocket.db’ is `locked`\n\n  by   process 4711', "'pocket.db' is 'locked' by process N"],
  ])('of “%s” is that of its kind', (message, normalized) => {
    expect(sign(message)).toBe(`migrate | - | ${normalized}`);
  });

  it('is the same of the same failure on another tenant and host', () => {
    const of = (tenant: string, host: string, port: number) =>
      sign(
        `${tenant} on ${host}: http://${host}:${port}/health is down since 10:15:0${port % 10} (/srv/${tenant}/app)`,
        {
          tenant,
          host,
        },
      );
    expect(of('acme', 'web-17', 8017)).toBe(of('shop-2', 'db.example.org', 8423));
    expect(of('acme', 'web-17', 8017)).not.toBe(sign('is up'));
  });

  it('is short, however long the message is, and found in no time', () => {
    const long = sign(`${'a/'.repeat(500_000)} ${'0'.repeat(500_000)}`);
    expect(long.length).toBeLessThanOrEqual(220);
    expect(sign(`${'x '.repeat(99)}tail`)).toBe(
      sign(`${'x '.repeat(99)}tail 2 and much more that is cut`.slice(0, 202)),
    );
  });

  it('takes names that are empty or special characters as they are', () => {
    expect(sign('a.b', { tenant: '', host: '.' })).toBe('migrate | - | a.b');
  });
});

it.each([
  ['hooks-post-migrate | v0.4.0.post-migrate.sh | exit N', 'hooks-post-migrate v0.4.0.post-migrate.sh: exit N'],
  ['migrate | - | a | b', 'migrate: a | b'],
  ['- | - | no room', 'no room'],
])('%s is shown as: %s', (signature, shown) => {
  expect(describeSignature(signature)).toBe(shown);
});
