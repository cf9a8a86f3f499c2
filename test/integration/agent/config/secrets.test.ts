import { unlink } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { secretsOf } from '../../../../agent/config/tenant_file/secrets.js';
import { agentLimits } from '../../../../agent/limits.js';
import { resolveTenant } from '../../../../agent/config/tenant_file/tenant_config.js';
import { rawTenant } from '../../../unit/agent/config/raw_tenant.js';
import { makeHost, type Host } from './make_host.js';

let host: Host;
beforeEach(async () => {
  host = await makeHost();
});
afterEach(() => host.remove());

function resolve(changed: Record<string, unknown>, environment: Record<string, string> = {}) {
  const user = { name: 'nobody', uid: 65534, gid: 65534, home: '/nonexistent' };
  return resolveTenant({
    raw: { ...rawTenant, ...changed },
    user,
    accounts: {},
    environment,
    log_dir: '/var/log/drover/testsite',
  });
}

/** So many variables with a secret each. */
const some = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`A_KEY_${at}`, `value-${at}`]));

describe('the secrets of a tenant', () => {
  test('are none when the configuration holds none', async () => {
    expect(await secretsOf(resolve({ environment: { COLOUR: 'ultramarine' } }))).toEqual([]);
  });

  test('hold the token of the repository, without its line end', async () => {
    const tokenFile = await host.write('token', 'glpat-0123456789\n');
    expect(await secretsOf(resolve({ repo_auth: { token_file: tokenFile } }))).toEqual(['glpat-0123456789']);
  });

  test('do without a token file that was removed since', async () => {
    const tokenFile = await host.write('token', 'glpat-0123456789\n');
    await unlink(tokenFile);
    expect(await secretsOf(resolve({ repo_auth: { token_file: tokenFile } }))).toEqual([]);
  });

  test.each(['DB_PASSWORD', 'PASSWD', 'client_secret', 'TOKEN_B', 'API_KEY', 'CREDENTIALS', 'SENTRY_DSN'])(
    'hold the value of %s',
    async (name) => {
      expect(await secretsOf(resolve({ environment: { [name]: 'hunter22' } }))).toEqual(['hunter22']);
      expect(await secretsOf(resolve({}, { [name]: 'hunter22' }))).toEqual(['hunter22']);
    },
  );

  test('hold the secrets among the vars, and the passwords of URLs in all keys', async () => {
    const config = resolve({
      vars: { db_password: 'hunter22', port: 8017 },
      database: { backup: ['pg_dump', 'postgres://app:geheim99@db/app'], restore: ['pg_restore'] },
      health: { url: 'http://me:healthpass@127.0.0.1/' },
    });
    expect((await secretsOf(config)).toSorted()).toEqual(['geheim99', 'healthpass', 'hunter22']);
  });

  test('hold the password of a URL, as written and as meant', async () => {
    const config = resolve({
      environment: { DATABASE_URL: 'postgres://app:p%40ssword@db/app', CACHE: 'redis://:cachepass@c/0' },
    });
    expect(await secretsOf(config)).toEqual(expect.arrayContaining(['p%40ssword', 'p@ssword', 'cachepass']));
  });

  test('leave out what is shorter than six characters', async () => {
    expect(await secretsOf(resolve({ environment: { A_KEY: 'abcde', B_KEY: 'abcdef' } }))).toEqual(['abcdef']);
  });

  test('come longest first and once each', async () => {
    const environment = { A_KEY: 'secret', B_KEY: 'secret-and-more', C_KEY: 'secret', D_KEY: 'secret-and' };
    expect(await secretsOf(resolve({ environment }))).toEqual(['secret-and-more', 'secret-and', 'secret']);
  });

  test('are masked line by line when they have several', async () => {
    const environment = { SSH_KEY: '-----BEGIN KEY-----\nMIIEvQ\n-----END KEY-----\n' };
    expect(await secretsOf(resolve({ environment }))).toEqual(['-----BEGIN KEY-----', '-----END KEY-----', 'MIIEvQ']);
  });

  test('are masked in pieces where one is long, and none of them is short', async () => {
    const { max } = agentLimits.secretLength;
    const long = Array.from({ length: max + 3 }, (_, at) => String.fromCodePoint(97 + (at % 26))).join('');
    expect(await secretsOf(resolve({ environment: { A_KEY: long } }))).toEqual([long.slice(0, max), long.slice(-max)]);
  });

  test('have a limit, beyond which the tenant is refused', async () => {
    const { max } = agentLimits.secrets;
    expect(await secretsOf(resolve({ environment: some(max) }))).toHaveLength(max);
    await expect(secretsOf(resolve({ environment: some(max + 1) }))).rejects.toThrow('501 secrets');
  });
});
