// What every adapter of the store promises.
import { describeAccess } from './access.js';
import { describeHosts } from './hosts.js';
import { describeOrders } from './orders.js';
import { describeFleetPlans } from './fleet_plans.js';
import { describeFreezes } from './freezes.js';
import { describeRolloutHosts } from './rollout_hosts.js';
import { describeRolloutStart } from './rollout_start.js';
import { describeRolloutSteps } from './rollout_steps.js';
import { describeRolloutTargets } from './rollout_targets.js';
import { describeRollouts } from './rollouts.js';
import { describeSlugs } from './slugs.js';
import { describeStreams } from './streams.js';
import { describeDeliveries } from './deliveries.js';
import { describeWebhooks } from './webhooks.js';
import type { OpenedStore } from './use_store.js';

/** Holds an adapter against the contract; `open` makes an empty store. */
export function describeStore(name: string, open: () => Promise<OpenedStore>): void {
  describeStreams(name, open);
  describeOrders(name, open);
  describeHosts(name, open);
  describeWebhooks(name, open);
  describeDeliveries(name, open);
  describeAccess(name, open);
  describeSlugs(name, open);
  describeRolloutHosts(name, open);
  describeRolloutStart(name, open);
  describeRolloutSteps(name, open);
  describeRolloutTargets(name, open);
  describeRollouts(name, open);
  describeFleetPlans(name, open);
  describeFreezes(name, open);
}
