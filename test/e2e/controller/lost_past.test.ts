// One side loses its past while the other goes on: the agent is killed in the middle of a hook, the controller's store is put
// back to an older copy of it.
import { copyFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { expect, test } from 'vitest';
import {
  followLocal,
  followStored,
  hookLines,
  hooksOfOne,
  hostName,
  release,
  slug,
  type LinkedHost,
} from '../../helpers/agent/linked_host.js';
import { useLinkedHost } from '../../helpers/agent/use_linked_host.js';

let linked: LinkedHost;
useLinkedHost((opened) => {
  linked = opened;
});

/** The controller has what the host has, item for item. */
async function expectSame(id: string, finishes = 1): Promise<void> {
  const stored = await followStored(linked, id);
  expect(stored).toEqual((await followLocal(linked, id, finishes)).stream);
  expect(stored.isSeamless).toBe(true);
  expect([...stored.outputs.values()].join('')).toContain(`${hookLines.join('\n')}\n`);
}

/** A copy of the store as it is now, as a backup makes it. */
function copyStore(): string {
  const { storeFile } = linked.rig();
  const copy = `${storeFile}.copy`;
  const database = new DatabaseSync(storeFile);
  database.prepare('VACUUM INTO ?').run(copy);
  database.close();
  return copy;
}

/** Stops the controller, and starts it on the copy. */
async function putBack(copy: string): Promise<void> {
  const restored = path.join(path.dirname(copy), 'restored.db');
  copyFileSync(copy, restored);
  await linked.restart(restored);
  await linked.seeConnected();
}

const isOver = (id: string) =>
  linked.seeStored(async ({ core }) => (await core.store.upgrades.find(id))?.isOver === true);
const openOrders = () => linked.rig().core.store.orders.openOf(hostName);

test('an agent that is killed twice in the middle of a hook sends the whole stream, and the hook runs once', async () => {
  await linked.shutGate();
  const id = await linked.order();
  await linked.seeHookRuns(1);
  await linked.agent().end('SIGKILL');
  await linked.startAgent();
  await linked.agent().end('SIGKILL');
  await linked.openGate();
  await linked.startAgent();
  await isOver(id);
  await expectSame(id);
  expect(linked.hookRuns()).toEqual(hooksOfOne);
  expect(await linked.rig().fleet.findUpgrade(id)).toMatchObject({ status: 'success', current_version: release });
  expect(await openOrders()).toEqual([]);
});

test('a store that was put back to when an order was open gets all that was done since, and nothing is done again', async () => {
  await linked.host.stop();
  const first = await linked.order();
  const copy = copyStore();
  await linked.startAgent();
  await isOver(first);
  // The copy knows nothing at all of this one.
  const second = await linked.order();
  await isOver(second);
  await putBack(copy);
  await isOver(first);
  await isOver(second);
  await expectSame(first);
  await expectSame(second);
  expect(linked.hookRuns()).toEqual([...hooksOfOne, ...hooksOfOne]);
  expect(await openOrders()).toEqual([]);
});

test('a store that was put back to the middle of a stream gets the rest of it', async () => {
  await linked.shutGate();
  const id = await linked.order();
  await linked.seeStored(async ({ core }) => ((await core.store.upgrades.find(id))?.events ?? 0) > 5);
  const copy = copyStore();
  await linked.openGate();
  await isOver(id);
  await putBack(copy);
  await isOver(id);
  await expectSame(id);
  expect(linked.hookRuns()).toEqual(hooksOfOne);
});

test('a rollback that is open in the copy and was done long ago is answered, not done again', async () => {
  const id = await linked.order();
  await isOver(id);
  const trap = linked.proxy.trap({ from: 'controller', kind: 'rollback', nth: 1, fault: 'hold' });
  const rolledBack = linked.rollback();
  await trap.sprung;
  const copy = copyStore();
  trap.release();
  expect(await rolledBack).toBe(id);
  await followStored(linked, id);
  // The tenant goes on, so that doing it again would turn something else back.
  const later = await linked.order();
  await isOver(later);
  await putBack(copy);
  await linked.seeStored(async ({ core }) => (await core.store.orders.openOf(hostName)).length === 0);
  await isOver(later);
  await expectSame(id, 2);
  await expectSame(later);
  const { items } = await linked.rig().fleet.listUpgrades({ limit: 10 });
  expect(items.map(({ id, status }) => ({ id, status }))).toEqual([
    { id: later, status: 'success' },
    { id, status: 'rolled_back' },
  ]);
  expect(await linked.rig().fleet.findTenant(slug)).toMatchObject({ upgrade: null });
});

test('an upgrade that is asked for again with its key, which the store has lost, is the first one and runs no second time', async () => {
  const copy = copyStore();
  const first = await linked.order('key');
  await isOver(first);
  await putBack(copy);
  await isOver(first);
  // What comes next is asked for while the host is away, and offered when it is back.
  await linked.agent().end('SIGTERM');
  await linked.seeStored(({ core }) => !core.link.isConnected(hostName));
  const again = await linked.order('key');
  expect(again).not.toBe(first);
  const watched = followStored(linked, again);
  const waited = linked.rig().fleet.waitForUpgrade(again, AbortSignal.timeout(100_000));
  await linked.startAgent();
  expect(await waited).toMatchObject({ id: first, status: 'success', current_version: release });
  expect(await watched).toEqual(await followStored(linked, first));
  expect(linked.hookRuns()).toEqual(hooksOfOne);
  const { fleet } = linked.rig();
  expect((await fleet.listUpgrades({ limit: 10 })).items.map(({ id }) => id)).toEqual([first]);
  expect(await fleet.findUpgrade(again)).toEqual(await fleet.findUpgrade(first));
  expect(await openOrders()).toEqual([]);
  // Another key is another request.
  expect(await linked.order('key')).toBe(first);
  const other = await linked.order('other');
  await isOver(other);
  expect(linked.hookRuns()).toEqual([...hooksOfOne, ...hooksOfOne]);
});

test('a rollback that is asked for again with its key, which the store has lost, rolls nothing else back', async () => {
  const first = await linked.order();
  await isOver(first);
  const second = await linked.order();
  await isOver(second);
  const copy = copyStore();
  expect(await linked.rollback('key')).toBe(second);
  await followStored(linked, second);
  await putBack(copy);
  expect(await linked.rollback('key')).toBe(second);
  expect(await openOrders()).toEqual([]);
  await linked.seeStored(async ({ core }) => (await core.store.upgrades.find(second))?.status === 'rolled_back');
  const { items } = await linked.rig().fleet.listUpgrades({ limit: 10 });
  expect(items.map(({ id, status }) => ({ id, status }))).toEqual([
    { id: second, status: 'rolled_back' },
    { id: first, status: 'success' },
  ]);
});
