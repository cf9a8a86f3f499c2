import { expect, test } from 'vitest';
import { findConfig, renewTenant } from '../../../../../agent/config/tenant_file/renew_tenant.js';
import { freezeTenant, resolveTenant } from '../../../../../agent/config/tenant_file/tenant_config.js';
import type { Event, EventBody } from '../../../../../shared/model/journal/events.js';
import { begin } from '../../../shared/terminal/streams.js';
import { rawTenant } from '../raw_tenant.js';

const user = { name: 'nobody', uid: 65534, gid: 65534, home: '/nonexistent' };
const commands = (start: string) => ({ start: [start], stop: ['true'], status: ['true'] });
const resolve = (changed: Record<string, unknown>) =>
  resolveTenant({ raw: { ...rawTenant, ...changed }, user, accounts: {}, environment: {}, log_dir: '/log' });
const journal = (changed: Record<string, unknown>, ...bodies: EventBody[]): Event[] =>
  [{ ...begin, config: freezeTenant(resolve(changed)) }, ...bodies].map((body, index) => ({
    ...body,
    n: index + 1,
    at: '2025-12-16T10:15:00.000Z',
  }));

test('nothing is renewed where the tenant file says the same, or differs in what no upgrade uses', () => {
  expect(renewTenant(journal({}), resolve({ labels: { ring: 'canary' } }))).toBeNull();
});

test('services, health and time limits are taken anew; all else is kept, and both are said', () => {
  const before = { services: commands('old'), health: { url: 'http://127.0.0.1:1/' }, on_failure: 'rollback' };
  const now = {
    services: commands('new'),
    health: { url: 'http://127.0.0.1:2/' },
    time_limits: { start: '2m' },
    on_failure: 'stay',
    database: { sqlite: 'pocket.db' },
  };
  const renewal = renewTenant(journal(before), resolve(now));
  expect(renewal?.says).toBe(
    'Taken anew from the tenant file: health, services, time_limits. Changed in the tenant file, and kept as the upgrade began: database, on_failure',
  );
  expect(renewal?.config.raw).toEqual({ ...rawTenant, ...now, on_failure: 'rollback', database: 'none' });
});

test('units stay those whose names the journal remembers', () => {
  const renewal = renewTenant(journal({ services: ['a.service'] }), resolve({ services: ['b.service'] }));
  expect(renewal?.says).toBe('Changed in the tenant file, and kept as the upgrade began: services');
});

test('an upgrade uses what its latest resume or rollback has renewed, also after another agent took it over', () => {
  const events = journal(
    {},
    { type: 'resume', accept: false, config: 'first' },
    { type: 'rollback', id: begin.id, restore_database: false, config: 'second' },
    { type: 'resume', accept: true },
  );
  expect(findConfig(events)).toBe('second');
  expect(findConfig(journal({}))).toEqual(freezeTenant(resolve({})));
});
