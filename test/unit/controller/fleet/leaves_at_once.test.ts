import { expect, it } from 'vitest';
import { createAgentEvents, type AgentEventsOptions } from '../../../../controller/fleet/agent_events.js';
import { createConnectedHosts } from '../../../../controller/fleet/connected_hosts.js';
import { createNotifier } from '../../../../shared/os/notifier.js';
import { systemClock } from '../../../../shared/os/clock.js';
import { collectLog } from '../../../helpers/collect_log.js';

const nothing = () => undefined;

it('a host that leaves before its arrival is stored has left', async () => {
  let store: () => void = nothing;
  const connect = () => new Promise<void>((resolve) => void (store = resolve));
  const connected = createConnectedHosts({ clock: systemClock, onChange: nothing });
  const options = {
    store: { hosts: { connect, disconnect: async () => undefined } },
    delivery: { offerAll: async () => undefined, send: nothing },
    presence: { arrive: nothing, leave: nothing },
    plans: { take: async () => undefined, refuse: async () => undefined, forget: nothing },
    connected,
    notifier: createNotifier(),
    clock: systemClock,
    log: collectLog(),
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- of the store only these two are called
  const events = createAgentEvents(options as unknown as AgentEventsOptions);
  const arriving = events.connect({ host: 'h1', agent_version: '1', at: '2026-01-01T00:00:00.000Z' }, 1);
  await events.disconnect('h1');
  store();
  await arriving;
  expect(connected.find('h1')).toMatchObject({ isConnected: false });
});
