import { describe, expect, test } from 'vitest';
import { TenantPath } from '../../../../../agent/command/tenant_path.js';
import {
  freezeTenant,
  resolveTenant,
  siteOf,
  thawTenant,
} from '../../../../../agent/config/tenant_file/tenant_config.js';
import { rawTenant } from '../raw_tenant.js';

const user = { name: 'nobody', uid: 65534, gid: 65534, home: '/nonexistent' };

function resolve(changed: Record<string, unknown> = {}, environment: Record<string, string> = {}) {
  return resolveTenant({
    raw: { ...rawTenant, ...changed },
    user,
    accounts: {},
    environment,
    log_dir: '/var/log/drover/testsite',
  });
}

describe('a resolved tenant', () => {
  test('has a default for everything that need not be chosen', () => {
    expect(resolve()).toMatchObject({
      user,
      log_dir: '/var/log/drover/testsite',
      hooks: { markers: ['.release-*-done'], lost: 'again' },
      labels: {},
      environment: {},
      on_failure: 'rollback',
      after_start_failure: 'keep',
      rollback: { files: [] },
      grace: 10_000,
      output_limit: 10 * 1024 ** 2,
      privileges: 'drop',
      allow_remote: [],
      modified_ok: [],
    });
  });

  test('has a time limit for each kind of work', () => {
    expect(resolve({ time_limits: { hook: '90s' } }).time_limits).toEqual({
      stop: 60_000,
      backup: 3_600_000,
      fetch: 300_000,
      stall: 60_000,
      hook: 90_000,
      checkout: 300_000,
      requirements: 1_800_000,
      migration: 3_600_000,
      start: 60_000,
    });
  });

  test('prefers a variable of the tenant file to that of the environment file', () => {
    const config = resolve({ environment: { A: 'own' } }, { A: 'file', B: 'file' });
    expect(config.environment).toEqual({ A: 'own', B: 'file' });
  });

  test('comes back from JSON exactly as it was', () => {
    const changed = {
      grace: '3s',
      environment: { A: 'own' },
      database: { sqlite: 'pocket.db' },
      modified_ok: ['*.po'],
    };
    const config = resolve(changed, { B: 'file' });
    const stored: unknown = JSON.parse(JSON.stringify(freezeTenant(config)));
    expect(thawTenant(stored)).toEqual(config);
  });

  test('is not thawed from something else', () => {
    expect(() => thawTenant({ raw: rawTenant })).toThrow(
      expect.objectContaining({
        code: 'config',
        message: expect.stringContaining('the stored configuration: origin.user'),
      }),
    );
    const frozen = freezeTenant(resolve());
    expect(() => thawTenant({ ...frozen, raw: { ...frozen.raw, health: 'good' } })).toThrow(
      expect.objectContaining({ code: 'config', message: expect.stringContaining('health: must be none') }),
    );
    expect(() => thawTenant(null)).toThrow(expect.objectContaining({ code: 'config' }));
  });
});

describe("a tenant's site", () => {
  test('has the folders, the account and the environment of its commands', () => {
    const { env, ...site } = siteOf(resolve({ environment: { A: 'own', LANG: 'de_DE.UTF-8' } }, { B: 'file' }));
    const { appDir, dataDir } = site;
    expect(site).toMatchObject({ slug: 'testsite', user });
    expect([appDir.shown, dataDir.shown]).toEqual(['/srv/testsite', '/srv/testsite/db']);
    expect(Object.fromEntries(Object.entries(env).map(([name, word]) => [name, TenantPath.textOf(word)]))).toEqual({
      PATH: expect.stringContaining('/usr/bin'),
      HOME: '/nonexistent',
      USER: 'nobody',
      LOGNAME: 'nobody',
      LANG: 'de_DE.UTF-8',
      A: 'own',
      B: 'file',
      APP_DIR: '/srv/testsite',
      DATA_DIR: '/srv/testsite/db',
      DEPLOY_ENV: 'testsite',
    });
  });
});
