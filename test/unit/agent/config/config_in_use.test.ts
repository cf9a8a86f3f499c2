// Which changes of agent.yaml count at once.
import { expect, test } from 'vitest';
import { resolveAgentConfig } from '../../../../agent/config/agent_config.js';
import { holdConfig } from '../../../../agent/config/config_in_use.js';

const read = (value: Readonly<Record<string, unknown>>) =>
  resolveAgentConfig('/etc/drover/agent.yaml', { value, locate: () => '/etc/drover/agent.yaml' });

test('limits, logs and defaults of tenants count at once, all else after a restart', () => {
  const started = read({ host: 'web-17' });
  const inUse = holdConfig(started);
  const written = read({
    host: 'web-18',
    state_dir: '/srv/drover',
    controller: { url: 'wss://drover.example.com' },
    max_concurrent: 3,
    log_level: 'debug',
    log_dir: '/srv/log',
    keep: { upgrades: 50 },
    tenant_defaults: { user: 'app' },
  });
  expect(inUse.take(written)).toEqual(['host', 'state_dir', 'controller']);
  expect(inUse.now()).toEqual({
    ...written,
    host: 'web-17',
    state_dir: '/var/lib/drover',
    controller: undefined,
  });
  expect(inUse.take(started)).toEqual([]);
});
