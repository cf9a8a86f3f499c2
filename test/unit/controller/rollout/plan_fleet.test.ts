import { expect, it, vi } from 'vitest';
import { createPlanFleet, type PlanFleetOptions } from '../../../../controller/rollout/plan_fleet.js';
import { sharedLimits } from '../../../../shared/limits.js';
import { systemClock } from '../../../../shared/os/clock.js';
import { createNotifier } from '../../../../shared/os/notifier.js';
import type { ControllerFrame, ControllerFrameOf } from '../../../../shared/wire/protocol.js';
import { collectLog } from '../../../helpers/collect_log.js';

it('asks a host for no more tenants at once than it takes, and for the others afterwards', async () => {
  const { max } = sharedLimits.plannedAtOnce;
  const unplanned = new Set(Array.from({ length: max + 5 }, (_, no) => `t${no}`));
  const sent: ControllerFrame[] = [];
  const store = {
    listRunning: async () => ['p'],
    find: async () => ({ id: 'p', version: null, state: 'running', created_at: new Date().toISOString() }),
    listUnplanned: async () => new Map(unplanned.size === 0 ? [] : [['h1', [...unplanned]]]),
    note: async (_id: string, { tenants }: { tenants: readonly { tenant: string }[] }) => {
      for (const { tenant } of tenants) unplanned.delete(tenant);
    },
    finish: async () => undefined,
  };
  const planFleet = createPlanFleet({
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the rest of the store is not called
    store: store as unknown as PlanFleetOptions['store'],
    connections: { isConnected: () => true, send: (_host, frame) => typeof frame !== 'string' && sent.push(frame) > 0 },
    notifier: createNotifier(),
    clock: systemClock,
    makeId: () => `r${sent.length}`,
    log: collectLog(),
  });
  const asked = () => sent.filter((frame): frame is ControllerFrameOf<'plan_tenants'> => frame.type === 'plan_tenants');
  planFleet.start();
  for (const size of [max, 5]) {
    const frame = await vi.waitFor(() => {
      const found = asked().at(-1);
      expect(found?.tenants).toHaveLength(size);
      return found;
    });
    const error = { code: 'busy', message: 'it is busy', hint: null };
    const tenants = (frame?.tenants ?? []).map((tenant) => ({ tenant, plan_class: null, error }));
    const request_id = frame?.request_id ?? '';
    await planFleet.take('h1', { type: 'planned', request_id, classes: [], tenants, is_last: true });
  }
  await planFleet.stop();
  expect(asked()).toHaveLength(2);
});
