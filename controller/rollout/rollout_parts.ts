// The parts of fleet plans, rollouts and freezes, wired together, with their loops.
import type { Clock } from '../../shared/os/clock.js';
import type { Log } from '../../shared/os/log.js';
import type { Notifier } from '../../shared/os/notifier.js';
import type { AgentEventsOptions } from '../fleet/agent_events.js';
import type { AgentConnections } from '../fleet/agent_connections.js';
import type { Delivery } from '../fleet/deliver.js';
import { createConnectedHosts } from '../fleet/connected_hosts.js';
import type { Store } from '../store/port.js';
import { createRollouts } from './create_rollouts.js';
import { createFleetView } from './fleet_view.js';
import { createFreezes, type FreezesFor } from './freezes.js';
import { rolloutsKey, startRolloutLoop, type RolloutLoop } from './loop.js';
import { fleetPlansKey, createPlanFleet } from './plan_fleet.js';
import type { RolloutsFor } from './rollouts.js';

export interface RolloutParts {
  rolloutsFor: RolloutsFor;
  freezesFor: FreezesFor;
  /** What it needs of what agents do. */
  events: Pick<AgentEventsOptions, 'connected' | 'plans'>;
  /** Runs the loops until `stop`: from then on orders are placed. */
  start(): void;
  stop(): Promise<void>;
}

export interface RolloutPartsOptions {
  store: Store;
  connections: AgentConnections;
  delivery: Delivery;
  notifier: Notifier;
  clock: Clock;
  makeId: () => string;
  log: Log;
}

/** Does nothing by itself before `start`. */
export function createRolloutParts(options: RolloutPartsOptions): RolloutParts {
  const { store, connections, notifier, clock } = options;
  const connected = createConnectedHosts({
    clock,
    onChange() {
      notifier.notify(rolloutsKey);
      notifier.notify(fleetPlansKey);
    },
  });
  const fleetView = createFleetView({ connections, connected, startedAt: clock.now().toISOString() });
  const planFleet = createPlanFleet({ ...options, store: store.fleetPlans });
  let loop: RolloutLoop | null = null;
  return {
    rolloutsFor: createRollouts({ ...options, fleetView, step: async (id) => loop?.step(id) }),
    freezesFor: createFreezes({ store: store.freezes, notifier, clock }),
    events: {
      connected,
      plans: planFleet,
    },
    start() {
      loop = startRolloutLoop({ ...options, store: store.rollouts, fleetView });
      planFleet.start();
    },
    async stop() {
      await loop?.stop();
      await planFleet.stop();
    },
  };
}
