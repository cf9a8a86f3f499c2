// Metrics and readiness, as probes read them.
import { expect, it, onTestFinished } from 'vitest';
import { createStoreProbe } from '../../../../controller/http/store_probe.js';
import { openStore } from '../../../../controller/store/sqlite/open_store.js';
import { AppError } from '../../../../shared/errors.js';
import { systemClock } from '../../../../shared/os/clock.js';
import { serve } from '../../../helpers/controller/serve_api.js';
import { makeReport, reportedTenant } from '../../../helpers/controller/protocol_peer.js';
import { createMetrics } from '../../../../controller/http/metrics.js';

const at = '2026-01-01T00:00:00.000Z';

it('counts hosts and tenants by state, and names none of them', async () => {
  const store = openStore(':memory:');
  onTestFinished(() => store.close());
  for (const host of ['host-a', 'host-b']) {
    await store.hosts.connect({ host, agentVersion: '1', protocolVersion: 2, clockSkewMs: 0, at });
  }
  const tenants = [reportedTenant('acme', { drift: 'moved' }), reportedTenant('shop', { state: 'needs_operator' })];
  await store.hosts.report('host-a', makeReport(tenants), at);
  const metrics = createMetrics({ readCounts: () => store.readCounts(), countConnected: () => 1, version: '1.2.3' });
  const { ask } = await serve({ metrics });
  const response = await ask('/metrics');
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  const text = await response.text();
  const lines = [
    'drover_hosts{state="connected"} 1',
    'drover_hosts{state="offline"} 1',
    'drover_tenants{state="idle"} 1',
    'drover_tenants{state="needs_operator"} 1',
    'drover_tenants_drifted 1',
    'drover_upgrades_open{status="running"} 0',
    'drover_webhook_deliveries{state="failed"} 0',
    'drover_build_info{version="1.2.3"} 1',
  ];
  expect(text.split('\n')).toEqual(expect.arrayContaining(lines));
  expect(text).not.toMatch(/acme|shop|host-a|host-b/);
});

it('is ready while the store takes writes, and says why it is not', async () => {
  let failure: AppError | null = null;
  let writes = 0;
  let nowMs = 0;
  const write = async () => {
    writes += 1;
    if (failure !== null) throw failure;
  };
  const { url } = await serve({ probeStore: createStoreProbe(write, { monotonicMs: () => nowMs }) });
  const ask = async () => {
    const response = await fetch(`${url}/readyz`);
    return { status: response.status, body: await response.text() };
  };
  expect(await ask()).toMatchObject({ status: 200 });
  failure = new AppError('disk-full', 'the disk of controller.db is full');
  // Anyone may ask: not every request writes.
  expect(await ask()).toMatchObject({ status: 200 });
  expect(writes).toBe(1);
  nowMs += 1000;
  expect(await ask()).toMatchObject({
    status: 503,
    body: expect.stringContaining('the disk of controller.db is full'),
  });
});

it('is not ready once the store is closed', async () => {
  const store = openStore(':memory:');
  const { url } = await serve({ probeStore: createStoreProbe(() => store.probe(), systemClock) });
  await store.close();
  expect((await fetch(`${url}/readyz`)).status).toBe(503);
});
