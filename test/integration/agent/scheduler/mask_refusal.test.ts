import { expect, it } from 'vitest';
import { maskRefusal } from '../../../../agent/scheduler/mask_refusal.js';
import { resolveTenant } from '../../../../agent/config/tenant_file/tenant_config.js';
import { rawTenant } from '../../../unit/agent/config/raw_tenant.js';
import { AppError } from '../../../../shared/errors.js';

const config = resolveTenant({
  raw: { ...rawTenant, environment: { API_TOKEN: 'hunter22-and-more' } },
  user: { name: 'nobody', uid: 65534, gid: 65534, home: '/' },
  accounts: {},
  environment: {},
  log_dir: '/var/log/drover/testsite',
});

const refusal = new AppError('command-failed', 'bin/ctl: no such key hunter22-and-more', {
  hint: 'try hunter22-and-more',
});

it('tells why a request was refused without the secrets of its tenant', async () => {
  const told = maskRefusal(
    () => config,
    () => Promise.reject(refusal),
  );
  await expect(told).rejects.toMatchObject({
    code: 'command-failed',
    message: 'bin/ctl: no such key [masked]',
    hint: 'try [masked]',
  });
});

it('tells it as it is where there is no such tenant', async () => {
  const told = maskRefusal(
    () => {
      throw new AppError('unknown-tenant', 'there is no tenant');
    },
    () => Promise.reject(refusal),
  );
  await expect(told).rejects.toMatchObject({ message: refusal.message });
});
