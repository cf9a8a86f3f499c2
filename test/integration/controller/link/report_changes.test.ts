// Reports by difference over a real socket.
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeId } from '../../../../shared/os/ids.js';
import { closeCodes } from '../../../../shared/wire/protocol.js';
import { startRig, type ControllerRig } from '../../../helpers/controller/controller_rig.js';
import { connectPeer, memberOf, openPeer, reportedTenant } from '../../../helpers/controller/protocol_peer.js';

let rig: ControllerRig;

beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig.close());

const changes = () => ({
  type: 'report_changes' as const,
  tenants: [reportedTenant('acme', { version: 'v9' })],
  gone: [],
});

it('changes of a report before the report close the connection', async () => {
  const early = await openPeer(rig);
  await early.hello(await memberOf(rig, 'h3'));
  await early.next('welcome');
  early.send(changes());
  const { code, reason } = await early.closed;
  expect([code, reason]).toEqual([closeCodes.policyViolation, 'changes of a report before the report']);
});

it('changes of a report change what is stored, and what they do not name stays', async () => {
  const peer = await connectPeer({ ...rig, host: 'h1', tenants: ['acme', 'bmce', 'cmce'] });
  peer.send({ ...changes(), gone: ['cmce'] });
  peer.send({ type: 'streams', streams: [{ upgrade: makeId(), events: 1 }] });
  await peer.next('stored');
  const { items } = await rig.fleet.listTenants({ limit: 9 });
  expect(items.map(({ slug, version, state }) => [slug, version, state])).toEqual([
    ['acme', 'v9', 'idle'],
    ['bmce', 'v0.1.0', 'idle'],
    ['cmce', null, 'missing'],
  ]);
});
