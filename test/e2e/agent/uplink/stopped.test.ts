// An agent that is stopped by a signal sends first what its journals hold; it does not wait for a controller that is silent.
import { expect, test } from 'vitest';
import {
  followLocal,
  followStored,
  hostName,
  release,
  slug,
  type LinkedHost,
} from '../../../helpers/agent/linked_host.js';
import type { Trap } from '../../../helpers/controller/frame_proxy.js';
import { useLinkedHost } from '../../../helpers/agent/use_linked_host.js';

let linked: LinkedHost;
useLinkedHost((opened) => {
  linked = opened;
});

const seeGone = () => linked.seeStored(({ core }) => !core.link.isConnected(hostName));

/** Stops the agent while the controller's word is on its way. */
async function stopWhile(asking: Trap): Promise<void> {
  const ended = linked.agent().end('SIGTERM');
  await linked.agent().logged('the agent ends');
  asking.release();
  await ended;
  await seeGone();
}

test('an upgrade that ended just before its agent was stopped is shown with its end while the host is offline', async () => {
  // The controller's word that it wants the stream is on its way all the time.
  const asking = linked.proxy.trap({ from: 'controller', kind: 'stored', nth: 1, fault: 'hold' });
  const id = await linked.order();
  await asking.sprung;
  await linked.seeFinish(id);
  await stopWhile(asking);
  const { fleet } = linked.rig();
  expect(await fleet.findUpgrade(id)).toMatchObject({
    status: 'success',
    current_version: release,
    delivery: { state: 'ended' },
  });
  expect(await fleet.findTenant(slug)).toMatchObject({ host_state: 'offline', upgrade: null, version: release });
  const stored = await followStored(linked, id);
  await linked.startAgent();
  expect(stored).toEqual((await followLocal(linked, id)).stream);
});

test('an upgrade in the middle of a hook is left there, and its controller has all that was printed', async () => {
  const asking = linked.proxy.trap({ from: 'controller', kind: 'stored', nth: 1, fault: 'hold' });
  await linked.shutGate();
  const id = await linked.order();
  await asking.sprung;
  await linked.seeHookRuns(1);
  await stopWhile(asking);
  const { fleet } = linked.rig();
  const { store } = linked.rig().core;
  expect(await fleet.findUpgrade(id)).toMatchObject({ status: 'running', delivery: { state: 'unreachable' } });
  const items = (await store.upgrades.find(id))?.items ?? 0;
  const stored = await store.upgrades.readStream(id, { after: 0, limit: items });
  const events = stored.flatMap(({ item }) => ('event' in item ? [item.event] : []));
  expect(events.at(-1)).toMatchObject({ type: 'command', step: 'hooks-post-pull' });
  await linked.openGate();
  await linked.startAgent();
  await linked.seeStored(async ({ core }) => (await core.store.upgrades.find(id))?.isOver === true);
  expect(await followStored(linked, id)).toEqual((await followLocal(linked, id)).stream);
});

test('an agent whose controller says nothing any more ends all the same, and the next one sends the rest', async () => {
  const id = await linked.order();
  await linked.seeHookRuns(1);
  linked.proxy.deafen();
  await linked.seeFinish(id);
  await linked.agent().end('SIGTERM');
  await linked.startAgent();
  await linked.seeStored(async ({ core }) => (await core.store.upgrades.find(id))?.isOver === true);
  expect(await followStored(linked, id)).toEqual((await followLocal(linked, id)).stream);
});
