import { describe, expect, test } from 'vitest';
import { TenantPath } from '../../../../../agent/command/tenant_path.js';
import { deployEnvironment, hookCommand } from '../../../../../agent/tenant/hooks/hook_command.js';
import type { PlannedHook } from '../../../../../shared/model/plan/plan.js';

const user = { name: 'testsite', uid: 1000, gid: 1000, home: '/home/testsite' };
const env = { PATH: '/bin', APP_DIR: '/srv/app', DATA_DIR: '/srv/app/db', DEPLOY_ENV: 'testsite', DEPLOY_TAG: 'mine' };
const site = {
  slug: 'testsite',
  appDir: new TenantPath('/srv/app'),
  dataDir: new TenantPath('/srv/app/db'),
  user,
  env,
};
const upgrade = { id: 'u1', targetTag: 'v0.4.0', previousTag: 'v0.3.27', backupPath: '/srv/app/db/backup' };
const hook: PlannedHook = {
  tag: 'v0.3.28',
  phase: 'post-pull',
  file: 'v0.3.28.sh',
  sha256: 'abc',
  interpreter: ['/usr/bin/env', 'bash'],
  mark: null,
};

describe('hookCommand', () => {
  const spec = hookCommand({ site, hook, exportDir: '/var/lib/x/hooks', upgrade, timeLimitMs: 1000 });

  test('runs the exported file by its interpreter in APP_DIR', () => {
    expect(spec.argv).toEqual(['/usr/bin/env', 'bash', '/var/lib/x/hooks/v0.3.28.sh']);
    expect(spec).toMatchObject({ title: 'post-pull: v0.3.28.sh', cwd: site.appDir, user, timeLimitMs: 1000 });
    expect(TenantPath.textOf(spec.cwd)).toBe('/srv/app');
  });

  test('gives the hook its own tag, the upgrade and the site, over what the tenant configured', () => {
    expect(spec.env).toEqual({
      PATH: '/bin',
      APP_DIR: '/srv/app',
      DATA_DIR: '/srv/app/db',
      DEPLOY_ENV: 'testsite',
      DEPLOY_TAG: 'v0.3.28',
      DEPLOY_TARGET_TAG: 'v0.4.0',
      DEPLOY_PREVIOUS_TAG: 'v0.3.27',
      DEPLOY_PHASE: 'post-pull',
      DEPLOY_UPGRADE_ID: 'u1',
      DEPLOY_BACKUP_PATH: '/srv/app/db/backup',
    });
  });

  test('gives the journal which hook it is', () => {
    expect(spec.hook).toEqual({ tag: 'v0.3.28', phase: 'post-pull', file: 'v0.3.28.sh', sha256: 'abc' });
  });
});

describe('deployEnvironment', () => {
  test('names the target as the tag for what is no hook', () => {
    expect(deployEnvironment(site, upgrade)).toMatchObject({ DEPLOY_TAG: 'v0.4.0', APP_DIR: '/srv/app' });
  });
});
