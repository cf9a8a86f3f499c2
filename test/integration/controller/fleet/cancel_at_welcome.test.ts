// A cancel in the very turn in which the host connects: the upgrade is either cancelled here and never offered, or it is
// the host that cancels it.
import { expect, test } from 'vitest';
import type { AgentConnections } from '../../../../controller/fleet/agent_connections.js';
import { createAgentEvents } from '../../../../controller/fleet/agent_events.js';
import { createFleet } from '../../../../controller/fleet/create_fleet.js';
import { createConnectedHosts } from '../../../../controller/fleet/connected_hosts.js';
import { createDelivery } from '../../../../controller/fleet/deliver.js';
import { upgradeBodySchema } from '../../../../shared/wire/api.js';
import { systemClock } from '../../../../shared/os/clock.js';
import { makeId } from '../../../../shared/os/ids.js';
import { createNotifier } from '../../../../shared/os/notifier.js';
import type { ControllerFrame } from '../../../../shared/wire/protocol.js';
import { collectLog } from '../../../helpers/collect_log.js';
import { decodeFrame } from '../../../helpers/controller/protocol_peer.js';
import { tester } from '../../../helpers/controller/controller_rig.js';
import { useOneHost } from './one_host.js';

const host = useOneHost();

/** A fleet over the store of the host's controller, whose host answers each cancel at once. */
const noPlans = { take: async () => undefined, refuse: async () => undefined, forget: () => undefined };

function openFleet() {
  const { store } = host.rig.core;
  const sent: ControllerFrame[] = [];
  let isThere = false;
  const connections: AgentConnections = {
    isConnected: () => isThere,
    stateOf: () => null,
    send(name, given) {
      const frame = decodeFrame(given);
      sent.push(frame);
      const answer = { type: 'answer', upgrade: null, error: null } as const;
      if (frame.type === 'cancel') void events.answer(name, { ...answer, request_id: frame.request_id });
      return true;
    },
    request: () => Promise.reject(new Error('nothing is requested')),
  };
  const [notifier, clock] = [createNotifier(), systemClock];
  const delivery = createDelivery({ store, connections, clock });
  const presence = { arrive: () => undefined, leave: () => undefined };
  const connected = createConnectedHosts({ clock, onChange: () => undefined });
  const rest = { plans: noPlans, connected, presence };
  const events = createAgentEvents({ ...rest, store, delivery, notifier, clock, log: collectLog() });
  const fleet = createFleet({ store, connections, delivery, notifier, clock, makeId })({ scope: null, actor: tester });
  const connect = () => {
    isThere = true;
    return events.welcome('h1');
  };
  return { fleet, connect, sent };
}

/** How many steps of the event loop's queues lie between the two. */
const gaps = Array.from({ length: 8 }, (_, gap) => gap);
test.each(
  gaps.flatMap((gap) => [
    { gap, first: 'cancel' as const },
    { gap, first: 'welcome' as const },
  ]),
)('the $first comes first by $gap steps: what is answered is what the host is sent', async ({ gap, first }) => {
  const { fleet, connect, sent } = openFleet();
  const { id } = await fleet.upgrade('acme', upgradeBodySchema.parse({ version: 'v0.2.0' }));
  const acts = { cancel: () => fleet.cancel(id, { force: false }), welcome: connect };
  const begun = acts[first]();
  for (let step = 0; step < gap; step += 1) await Promise.resolve();
  await Promise.all([begun, acts[first === 'cancel' ? 'welcome' : 'cancel']()]);
  expect(await fleet.findUpgrade(id)).toMatchObject({ status: 'cancelled' });
  const types = sent.map(({ type }) => type);
  // Ended here, it was never sent. Sent, its host gets the cancel after it.
  expect([[], ['cancel'], ['upgrade', 'cancel']]).toContainEqual([...new Set(types)]);
  await connect();
  expect(sent.length).toBe(types.length);
});
