// A database of which nobody can see whether it has changed: once users may have written, it counts as changed.
import { expect, test } from 'vitest';
import type { TenantPlace } from '../../helpers/agent/agent_host.js';
import { hookScript, unhealthyServer, useHosts } from './hosts.js';

const version = 'v0.1.1';
const hosts = useHosts({
  inProcess: true,
  releases: [
    {
      tag: version,
      base: 'v0.1.0',
      files: { 'server.mjs': unhealthyServer(''), [`release/${version}.sh`]: hookScript('post-pull', 'true') },
    },
  ],
});

/** Commands back it up; without `fingerprint` none of them says whether it has changed. */
const keysOf =
  (fingerprint: object) =>
  ({ health }: TenantPlace) => ({
    database: {
      backup: ['sh', '-c', 'cp "$DATA_DIR/notes.db" "$1"', 'sh', '{file}'],
      restore: ['sh', '-c', 'cp "$1" "$DATA_DIR/notes.db"', 'sh', '{file}'],
      ...fingerprint,
    },
    health: { url: health, interval: '20ms', successes: 2, timeout: '1s' },
  });

test('a new version that does not become healthy then waits for an operator: a restore could lose data', async () => {
  const host = await hosts.open({ makeKeys: keysOf({}) });
  const { result } = await host.upgrade({ version });
  expect(result).toMatchObject({
    status: 'failed',
    current_version: version,
    failure: { step: 'health-check', needs_operator: true },
  });
  expect(await host.look()).toMatchObject({ head: version, leftovers: [] });
});

test('with a fingerprint that is the same it is put back', async () => {
  const host = await hosts.open({ makeKeys: keysOf({ fingerprint: ['echo', 'the same'] }) });
  const { result } = await host.upgrade({ version });
  expect(result).toMatchObject({ status: 'rolled_back', current_version: 'v0.1.0' });
  expect(await host.look()).toMatchObject({ head: 'v0.1.0', serves: 'v0.1.0', leftovers: [] });
});
