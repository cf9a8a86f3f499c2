// Agents that have joined and misbehave: they are held to limits, and no other agent, tenant or client notices.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { controllerLimits } from '../../../controller/limits.js';
import { sharedLimits } from '../../../shared/limits.js';
import { makeId } from '../../../shared/os/ids.js';
import { hostSchema, pageOf, upgradeSchema } from '../../../shared/wire/api.js';
import { findAuthority, signProof } from '../../../shared/wire/host_proof.js';
import { closeCodes, protocolVersion } from '../../../shared/wire/protocol.js';
import { connectPeer, makeReport, memberOf, openPeer, reportedTenant } from '../../helpers/controller/protocol_peer.js';
import { makeMember } from '../../helpers/controller/join_host.js';
import { beginOf, finishOf, frameOf, stampEvents } from '../../helpers/controller/stored_streams.js';
import { sendAll, settle, useHostileRig } from '../../helpers/hostile/hostile_rig.js';
import { measureHeartbeat } from '../../helpers/hostile/measure_heartbeat.js';

const rig = useHostileRig();

const residentMegabytes = () => Number(readFileSync(`/proc/${rig().pid}/statm`, 'utf8').split(' ')[1]) / 256;

describe('a journal of 200,000 events', () => {
  it('is cut, its upgrade counts as failed, and the heartbeat of another agent does not wait for it', async () => {
    const peer = await connectPeer({ ...rig().connection, host: 'loud', tenants: ['acme'] });
    const id = makeId();
    peer.send({ type: 'streams', streams: [{ upgrade: id, events: 200_000 }] });
    await peer.next('stored');
    const heartbeat = measureHeartbeat(rig().neighbour.socket);
    function* frames() {
      const [begin] = stampEvents([beginOf(id, 'acme', 'loud')]);
      if (begin !== undefined) yield frameOf(id, { event: begin });
      const at = new Date().toISOString();
      // The limit is reached at half of it; what comes after that is not even handled.
      for (let n = 2; n <= controllerLimits.upgradeEvents.max + 2000; n += 1) {
        yield frameOf(id, { event: { n, at, type: 'line', text: `line ${n} of a journal without an end` } });
      }
    }
    await sendAll(peer, frames());
    await expect
      .poll(async () => upgradeSchema.parse(await (await rig().ask(`/api/v1/upgrades/${id}`)).json()), {
        timeout: 60_000,
      })
      .toMatchObject({ status: 'failed', failure: { code: 'too-large', needs_operator: true } });
    expect(await heartbeat.end()).toBeLessThan(2000);
    const again = makeId();
    peer.send({
      type: 'streams',
      streams: [
        { upgrade: id, events: 200_000 },
        { upgrade: again, events: 1 },
      ],
    });
    expect((await peer.next('stored')).streams.map(({ upgrade }) => upgrade)).toEqual([again]);
    await peer.vanish();
    await rig().expectUnharmed();
  }, 120_000);
});

describe('announcements', () => {
  it('of streams that never come cost little memory, and only so many are asked for', async () => {
    const peer = await connectPeer({ ...rig().connection, host: 'promises', tenants: [] });
    await settle(rig().neighbour);
    const before = residentMegabytes();
    const count = 100_000;
    await sendAll(
      peer,
      Array.from({ length: count / 500 }, () => ({
        type: 'streams' as const,
        streams: Array.from({ length: 500 }, () => ({ upgrade: makeId().padEnd(64, 'x'), events: 9 })),
      })),
    );
    peer.send({ type: 'answer', request_id: makeId(), upgrade: null, error: null });
    await expect.poll(() => peer.received.filter(({ type }) => type === 'stored')).not.toEqual([]);
    await rig().expectUnharmed();
    const asked = peer.received.flatMap((frame) => (frame.type === 'stored' ? frame.streams : []));
    expect(asked.length).toBeLessThanOrEqual(controllerLimits.openStreams.max);
    expect(residentMegabytes() - before).toBeLessThan(100);
    await peer.vanish();
  });

  it('of more streams than are received at once are all asked for, one after another', async () => {
    const peer = await connectPeer({ ...rig().connection, host: 'many', tenants: ['bmce'] });
    const ids = Array.from({ length: controllerLimits.openStreams.max + 20 }, () => makeId());
    peer.send({ type: 'streams', streams: ids.map((upgrade) => ({ upgrade, events: 2 })) });
    const sent = new Set<string>();
    while (sent.size < ids.length) {
      for (const { upgrade, events } of (await peer.next('stored')).streams) {
        if (events > 0 || sent.has(upgrade)) continue;
        sent.add(upgrade);
        for (const event of stampEvents([beginOf(upgrade, 'bmce', 'many'), finishOf()])) {
          peer.send(frameOf(upgrade, { event }));
        }
      }
    }
    expect([...sent].toSorted()).toEqual(ids.toSorted());
    await peer.vanish();
  });
});

describe('the stream of an upgrade', () => {
  it('that was rolled back while the controller was away is taken whole over one connection', async () => {
    const peer = await connectPeer({ ...rig().connection, host: 'twice', tenants: ['dmce'] });
    const id = makeId();
    const rollback = { type: 'rollback', id: makeId(), restore_database: false } as const;
    const events = stampEvents([beginOf(id, 'dmce', 'twice'), finishOf(), rollback, finishOf('rolled_back')]);
    peer.send({ type: 'streams', streams: [{ upgrade: id, events: events.length }] });
    await peer.next('stored');
    for (const event of events) peer.send(frameOf(id, { event }));
    expect((await peer.next('stored')).streams).toEqual([{ upgrade: id, events: events.length, outputs: {} }]);
    const told = upgradeSchema.parse(await (await rig().ask(`/api/v1/upgrades/${id}`)).json());
    expect(told.status).toBe('rolled_back');
    await peer.vanish();
  });

  it('whose times are no times is told like every other', async () => {
    const peer = await connectPeer({ ...rig().connection, host: 'timeless', tenants: ['emce'] });
    const id = makeId();
    const events = stampEvents([
      beginOf(id, 'emce', 'timeless'),
      { type: 'step-begin', step: 'stop-services', stage: 'run' },
      { type: 'step-end', step: 'stop-services', stage: 'run', status: 'ok' },
      finishOf(),
    ]);
    peer.send({ type: 'streams', streams: [{ upgrade: id, events: events.length }] });
    await peer.next('stored');
    for (const event of events) peer.send(frameOf(id, { event: { ...event, at: event.n % 2 === 0 ? '' : 'T' } }));
    await peer.next('stored');
    const told = upgradeSchema.parse(await (await rig().ask(`/api/v1/upgrades/${id}`)).json());
    expect(told).toMatchObject({ status: 'success', downtime_ms: 0 });
    await peer.vanish();
  });
});

describe('an agent', () => {
  it('that breaks the protocol again and again has to wait, and no other', async () => {
    const misbehave = async () => {
      const peer = await openPeer(rig().connection);
      await peer.hello(await memberOf(rig().connection, 'rude'));
      await Promise.race([peer.next('welcome'), peer.closed]);
      if (peer.socket.readyState === peer.socket.OPEN) peer.sendRaw('nonsense');
      return peer.closed;
    };
    const closings = [await misbehave(), await misbehave(), await misbehave(), await misbehave()];
    const { policyViolation, tryAgainLater } = closeCodes;
    expect(closings.map(({ code }) => code)).toEqual([
      policyViolation,
      policyViolation,
      policyViolation,
      tryAgainLater,
    ]);
    expect(closings.at(-1)?.reason).toMatch(/again and again; wait 1 s$/);
    const other = await connectPeer({ ...rig().connection, host: 'polite' });
    await settle(other);
    await other.vanish();
    await rig().expectUnharmed();
  });

  it('that reports without end has its latest report stored', async () => {
    const peer = await connectPeer({ ...rig().connection, host: 'reporter', tenants: [] });
    for (let n = 0; n <= 500; n += 1) peer.send(makeReport([reportedTenant(`t${n}`)]));
    await expect
      .poll(async () => hostSchema.parse(await (await rig().ask('/api/v1/hosts/reporter')).json()).tenants, {
        timeout: 10_000,
      })
      .toContain('t500');
    await peer.vanish();
    await rig().expectUnharmed();
  });

  it('with a NUL in its name takes nothing from the host with the name before the NUL', async () => {
    const peer = await openPeer(rig().connection);
    const member = makeMember('quiet\u0000');
    const { controller, nonce } = await peer.next('challenge');
    const place = { version: protocolVersion, controller, authority: findAuthority(rig().connection.url), nonce };
    const proof = { token: rig().connection.joinToken, host: member.host, key: member.key };
    const signature = signProof(member, place, { for: 'enroll', ...proof });
    peer.send({ type: 'enroll', version: protocolVersion, ...proof, authority: place.authority, signature });
    expect(await peer.closed).toEqual({ code: closeCodes.policyViolation, reason: expect.stringContaining('host') });
    await rig().expectUnharmed();
    expect(hostSchema.parse(await (await rig().ask('/api/v1/hosts/quiet')).json())).toMatchObject({
      state: 'connected',
      tenants: ['victim'],
    });
  });

  it('with the longest name is listed, and so is the host after it', async () => {
    const beginning = '0'.repeat(sharedLimits.hostName.max - 1);
    const names = [`${beginning}a`, `${beginning}b`];
    for (const host of names) await (await connectPeer({ ...rig().connection, host })).vanish();
    const page = pageOf(hostSchema);
    const first = page.parse(await (await rig().ask('/api/v1/hosts?limit=1')).json());
    const second = page.parse(await (await rig().ask(`/api/v1/hosts?limit=1&cursor=${first.next}`)).json());
    expect([...first.items, ...second.items].map(({ host }) => host)).toEqual(names);
  });
});

describe('a client of the API', () => {
  it('leaves nothing with cancels of unknown ids, and one order with cancels of one upgrade', async () => {
    const before = rig().countRows('orders');
    const statuses = await Promise.all(
      Array.from({ length: 200 }, async () => {
        const answer = await rig().ask(`/api/v1/upgrades/${makeId()}/cancel`, { method: 'POST' });
        await answer.text();
        return answer.status;
      }),
    );
    expect(new Set(statuses)).toEqual(new Set([404]));
    expect(rig().countRows('orders')).toBe(before);
    const host = await connectPeer({ ...rig().connection, host: 'away', tenants: ['cmce'] });
    await settle(host);
    const ordered = await rig().ask('/api/v1/tenants/cmce/upgrade', { method: 'POST' });
    const { id } = upgradeSchema.parse(await ordered.json());
    await host.next('upgrade');
    await host.vanish();
    await expect
      .poll(async () => hostSchema.parse(await (await rig().ask('/api/v1/hosts/away')).json()).state)
      .toBe('offline');
    for (let n = 0; n < 20; n += 1) await (await rig().ask(`/api/v1/upgrades/${id}/cancel`, { method: 'POST' })).text();
    expect(rig().countRows('orders')).toBe(before + 2);
  });
});
