// The controller's disk fills up while a host has much to send: new work is refused, nothing is lost, and all of it arrives
// once there is room.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { upgradeBodySchema } from '../../../shared/wire/api.js';
import { makeTemplate, type HostTemplate } from '../../helpers/agent/agent_host.js';
import {
  addLinkedRelease,
  followLocal,
  followStored,
  hooksOfOne,
  openLinkedHost,
} from '../../helpers/agent/linked_host.js';
import { connectPeer } from '../../helpers/controller/protocol_peer.js';

let template: HostTemplate;
beforeAll(async () => {
  template = await makeTemplate();
  await addLinkedRelease(template);
});
afterAll(() => template.remove());

/** A small file system; its `fill` takes all room there is, its `empty` gives it back. */
function mountSmall() {
  const folder = mkdtempSync(path.join(tmpdir(), 'drover-small-'));
  const filler = path.join(folder, 'fill');
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m,mode=755', 'drover-test', folder]);
  onTestFinished(() => {
    // The library lets go of a closed database when its statements are collected.
    execFileSync('umount', ['--lazy', folder]);
    rmSync(folder, { recursive: true });
  });
  return {
    folder,
    fill: () => execFileSync('sh', ['-c', '! head -c 1G /dev/zero >"$1" 2>/dev/null', 'sh', filler]),
    empty: () => rmSync(filler),
  };
}

test('a full disk refuses new orders, and loses nothing of what hosts send meanwhile', async () => {
  const small = mountSmall();
  // A folder of its own in it: the rig removes that at its end.
  const storeFile = path.join(mkdtempSync(path.join(small.folder, 'data-')), 'controller.db');
  const linked = await openLinkedHost(template, { storeFile });
  onTestFinished(() => linked.close());
  const peer = await connectPeer({ ...linked.rig(), host: 'other-host', tenants: ['acme'] });
  await linked.seeStored(async ({ core }) => (await core.store.hosts.findTenant('acme')) !== null);
  const orderOther = () => linked.rig().fleet.upgrade('acme', upgradeBodySchema.parse({ version: 'v0.2.0' }));

  await linked.shutGate();
  const id = await linked.order();
  await linked.seeStored(async ({ core }) => ((await core.store.upgrades.find(id))?.events ?? 0) > 5);
  small.fill();
  await expect(orderOther()).rejects.toMatchObject({ code: 'disk-full', message: expect.stringContaining(storeFile) });
  await expect(linked.rig().core.store.probe()).rejects.toMatchObject({ code: 'disk-full' });
  expect(peer.received.filter(({ type }) => type === 'upgrade')).toEqual([]);
  await linked.openGate();
  // The host goes on to the end without a controller that could store any of it.
  const { stream, result } = await followLocal(linked, id);
  expect(result.status).toBe('success');
  expect(await linked.rig().fleet.findUpgrade(id)).toMatchObject({ status: 'running' });
  await linked.rig().log.waitFor('could not be stored');

  small.empty();
  // Nobody starts the agent again: it connects by itself.
  const stored = await followStored(linked, id);
  expect(stored).toEqual(stream);
  expect(stored.isSeamless).toBe(true);
  expect(linked.hookRuns()).toEqual(hooksOfOne);
  expect(await orderOther()).toMatchObject({ tenant: 'acme', status: 'queued' });
  expect(await peer.next('upgrade')).toMatchObject({ tenant: 'acme' });
});
