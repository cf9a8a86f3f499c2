// Agents that are gone, silent or slow: how long a controller bears with each of them, and that no other notices.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { linkLimits } from '../../../../controller/link/peers.js';
import { makeId } from '../../../../shared/os/ids.js';
import { closeCodes } from '../../../../shared/wire/protocol.js';
import { startRig, type ControllerRig } from '../../../helpers/controller/controller_rig.js';
import { connectPeer, openPeer } from '../../../helpers/controller/protocol_peer.js';

let rig: ControllerRig;

beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig.close());

/** What the kernel's buffers on both sides may take of what an agent does not read, and what may then be unsent. */
const maxSentBytes = 16 * 1024 ** 2;

describe('who is gone or slow', () => {
  it('takes the place of a session that no longer answers', async () => {
    await rig.close();
    rig = await startRig({ limits: { proofMs: 50 } });
    const first = await connectPeer({ ...rig, host: 'h1', tenants: ['acme'] });
    first.socket.pause();
    const second = await connectPeer({ ...rig, host: 'h1', tenants: ['acme'] });
    second.send({ type: 'streams', streams: [{ upgrade: makeId(), events: 1 }] });
    await second.next('stored');
    expect(rig.core.link.count()).toBe(1);
    first.socket.terminate();
  });

  it('who says nothing after connecting is closed, after 10 s where nothing else is set', async () => {
    expect(linkLimits.helloMs).toBe(10_000);
    await rig.close();
    rig = await startRig({ limits: { helloMs: 30, sweepMs: 10 } });
    const peer = await openPeer(rig);
    expect(await peer.closed).toEqual({ code: closeCodes.policyViolation, reason: 'no hello' });
  });

  it('who is silent is dropped, and the host is offline, within 45 s where nothing else is set', async () => {
    expect(linkLimits.silenceMs + linkLimits.sweepMs).toBeLessThanOrEqual(45_000);
    await rig.close();
    rig = await startRig({ limits: { silenceMs: 40, pingEveryMs: 20, sweepMs: 10 } });
    const peer = await connectPeer({ ...rig, host: 'h1', tenants: ['acme'] });
    peer.socket.pause();
    await rig.log.waitFor('closed the connection of a silent agent');
    await rig.log.waitFor('a host has disconnected');
    expect(await rig.fleet.findHost('h1')).toMatchObject({ state: 'offline' });
    peer.socket.terminate();
  });

  it('who does not read is dropped before much is unsent, and others are served meanwhile', async () => {
    const peer = await connectPeer({ ...rig, host: 'h1', tenants: ['acme'] });
    const other = await connectPeer({ ...rig, host: 'h2', tenants: ['bmce'] });
    peer.socket.pause();
    const frame = { type: 'stored' as const, streams: Array.from({ length: 1000 }, () => position()) };
    const frameBytes = JSON.stringify(frame).length;
    let sentBytes = 0;
    while (sentBytes < maxSentBytes && rig.core.link.send('h1', frame)) sentBytes += frameBytes;
    // The agent has taken nothing out of its socket yet, nor learnt that it was dropped.
    const plan = { type: 'plan' as const, request_id: makeId(), tenant: 'bmce', request };
    const asking = rig.core.link.request('h2', plan, AbortSignal.timeout(10_000));
    const { request_id } = await other.next('plan');
    other.send({ type: 'plan_result', request_id, plan: null, error: null });
    await expect(asking).resolves.toMatchObject({ type: 'plan_result', request_id });
    expect(sentBytes).toBeLessThan(maxSentBytes);
    expect(rig.log.lines).toContainEqual(
      expect.objectContaining({ message: 'an agent was dropped', fields: { host: 'h1', why: 'it reads too slowly' } }),
    );
    expect(rig.core.link.isConnected('h1')).toBe(false);
    peer.socket.terminate();
  });
});

const request = { version: null, force: false, allow_downgrade: false, from: null, commit: null };

function position() {
  return { upgrade: 'x'.repeat(60), events: 0, outputs: {} };
}
