// Who speaks for a host: what a key and a signature are worth, and what ends a key.
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { findAuthority, makeHostKey, signProof, type HostKey } from '../../../../shared/wire/host_proof.js';
import { makeId } from '../../../../shared/os/ids.js';
import { closeCodes, protocolVersion } from '../../../../shared/wire/protocol.js';
import { tester } from '../../../helpers/controller/controller_rig.js';
import { connectPeer, makeHello, memberOf, openPeer } from '../../../helpers/controller/protocol_peer.js';
import { useJoiningRig } from './joining_rig.js';

const { rig, makeToken, enroll, greet } = useJoiningRig();

const rotate = async (old: HostKey, next: HostKey, signer = next) => {
  const peer = await openPeer(rig());
  const { controller, nonce } = await peer.next('challenge');
  const place = { version: protocolVersion, controller, authority: findAuthority(rig().url), nonce };
  const proof = { for: 'rotate', key: old.key, next: next.key } as const;
  const signature = signProof(old, place, proof);
  const more = { signature, next_signature: signProof(signer, place, proof), authority: place.authority };
  peer.send({ type: 'rotate', version: protocolVersion, key: old.key, next: next.key, ...more });
  return peer.closed;
};

const settle = async (peer: Awaited<ReturnType<typeof openPeer>>) => {
  peer.send({ type: 'streams', streams: [{ upgrade: makeId(), events: 1 }] });
  return peer.next('stored');
};

describe('a signature of a hello', () => {
  it('is good once: not on another connection, and not a second time on its own', async () => {
    const member = await memberOf(rig(), 'h1');
    const first = await openPeer(rig());
    const hello = makeHello(member, await first.next('challenge'), rig().url);
    first.send(hello);
    await first.next('welcome');
    const second = await openPeer(rig());
    await second.next('challenge');
    second.send(hello);
    expect(await second.closed).toEqual({ code: closeCodes.key, reason: 'the signature is wrong' });
    first.send(hello);
    expect(await first.closed).toEqual({ code: closeCodes.policyViolation, reason: 'a second hello' });
  });

  it('that an agent gives to another controller is worth nothing here', async () => {
    const member = await memberOf(rig(), 'h1');
    // In between somebody passes the challenge on to the agent, who dialled them.
    const relay = await openPeer(rig());
    relay.send(makeHello(member, await relay.next('challenge'), 'wss://evil.example.com'));
    expect(await relay.closed).toEqual({ code: closeCodes.address, reason: 'it dialled evil.example.com:443' });
    // Or says that the agent dialled this one.
    const liar = await openPeer(rig());
    const hello = makeHello(member, await liar.next('challenge'), 'ws://127.0.0.1:1');
    liar.send({ ...hello, authority: findAuthority(rig().url) });
    expect(await liar.closed).toEqual({ code: closeCodes.key, reason: 'the signature is wrong' });
  });

  it('is not one for another process, key or version', async () => {
    const member = await memberOf(rig(), 'h1');
    const peer = await openPeer(rig());
    const { controller, nonce } = await peer.next('challenge');
    const place = { version: protocolVersion + 1, controller, authority: findAuthority(rig().url), nonce };
    const signature = signProof(member, place, { for: 'hello', instance: 'peer' });
    peer.send({
      ...makeHello(member, { type: 'challenge', ...place, version: protocolVersion }, rig().url),
      signature,
    });
    expect((await peer.closed).reason).toBe('the signature is wrong');
    expect(await greet(member, { instance: 'another' })).toBe('the signature is wrong');
    expect(await greet(member, { key: makeHostKey().key })).toBe('the signature is wrong');
    expect(await greet(makeHostKey())).toBe('its key is not known here');
  });
});

describe('a key', () => {
  it('that was copied is refused once the host has taken another one, and its connection ends', async () => {
    const old = await memberOf(rig(), 'h1');
    const thief = await connectPeer({ ...rig(), host: 'h1', member: old });
    const next = makeHostKey();
    expect(await rotate(old, next)).toEqual({ code: closeCodes.done, reason: 'rotated' });
    expect(await thief.closed).toEqual({ code: closeCodes.key, reason: 'its key was replaced' });
    expect(await greet(old)).toContain('its key was replaced at');
    expect(await greet(next)).toBe('h1');
    // The host may not have seen the answer, and asks again.
    expect(await rotate(old, next)).toEqual({ code: closeCodes.done, reason: 'rotated' });
    // The thief cannot take the next one.
    expect((await rotate(old, makeHostKey())).reason).toContain('this key was replaced at');
  });

  it('is not replaced by one that who asks does not have', async () => {
    const old = await memberOf(rig(), 'h1');
    expect((await rotate(old, makeHostKey(), makeHostKey())).reason).toBe('the signature is wrong');
    expect(await greet(old)).toBe('h1');
  });

  it('that was replaced does not disturb the host, which is connected with the next one', async () => {
    const old = await memberOf(rig(), 'h1');
    const next = makeHostKey();
    await rotate(old, next);
    const host = await openPeer(rig());
    await host.hello(next);
    await host.next('welcome');
    expect(await greet(old)).toContain('its key was replaced at');
    await settle(host);
  });

  it('that is revoked while it is being checked is refused', async () => {
    const member = await memberOf(rig(), 'h1');
    const older = await connectPeer({ ...rig(), host: 'h1', member: { ...member, instance: 'before' } });
    // The newer one waits for the older one's answer.
    older.socket.pong = () => undefined;
    const asked = once(older.socket, 'ping');
    const newer = await openPeer(rig());
    await newer.hello({ ...member, instance: 'after' });
    await asked;
    await rig().core.joining.revokeHost('h1', tester);
    expect((await newer.closed).reason).toContain('its key was revoked at');
    await expect.poll(() => rig().core.link.count()).toBe(0);
  });

  it('that is revoked is refused at once, whatever connections it has, and the host says so', async () => {
    const peer = await connectPeer({ ...rig(), host: 'h1', tenants: ['acme'] });
    await rig().core.joining.revokeHost('h1', { ...tester, reason: 'stolen' });
    expect(await peer.closed).toEqual({
      code: closeCodes.key,
      reason: expect.stringContaining('its key was revoked at'),
    });
    expect(await greet(await memberOf(rig(), 'h1'))).toContain('its key was revoked at');
    const host = await rig().fleet.findHost('h1');
    expect(host).toMatchObject({ key_state: 'revoked', state: 'revoked' });
    expect(host.problems[0]).toMatchObject({
      message: expect.stringMatching(/^its key was revoked at .*: stolen$/),
      hint: expect.stringContaining('drover join-tokens create --host h1'),
    });
    await expect(rig().core.joining.revokeHost('h1', tester)).rejects.toMatchObject({
      code: 'not-found',
      message: 'the key of h1 is revoked already',
    });
    await expect(rig().core.joining.revokeHost('h9', tester)).rejects.toMatchObject({ code: 'unknown-host' });
  });
});

describe('two connections of one key', () => {
  it('of one process: the newer one takes the place of the older, which may be half-open', async () => {
    const member = await memberOf(rig(), 'h1');
    const older = await connectPeer({ ...rig(), host: 'h1', member });
    const newer = await connectPeer({ ...rig(), host: 'h1', member });
    expect((await older.closed).code).toBe(1006);
    await settle(newer);
    expect(rig().core.link.count()).toBe(1);
  });

  it('of two processes: the older one is given up where it no longer answers, as after a restart', async () => {
    const member = await memberOf(rig(), 'h1');
    const older = await connectPeer({ ...rig(), host: 'h1', member: { ...member, instance: 'before' } });
    older.socket.pause();
    const newer = await connectPeer({ ...rig(), host: 'h1', member: { ...member, instance: 'after' } });
    await settle(newer);
    expect(rig().core.link.count()).toBe(1);
    older.socket.terminate();
  });

  it('of two machines that both answer end the key for both, and the host says from where they came', async () => {
    const member = await memberOf(rig(), 'h1');
    const first = await connectPeer({
      ...rig(),
      host: 'h1',
      member: { ...member, instance: 'one' },
      tenants: ['acme'],
    });
    await settle(first);
    const second = await openPeer(rig());
    await second.hello({ ...member, instance: 'two' });
    const reason = 'two machines use its key, 127.0.0.1 and 127.0.0.1: drover-agent enroll --reset';
    expect(await Promise.all([first.closed, second.closed])).toEqual([
      { code: closeCodes.key, reason },
      { code: closeCodes.key, reason },
    ]);
    expect(await greet(member)).toBe(reason);
    expect(await rig().fleet.findHost('h1')).toMatchObject({
      key_state: 'quarantined',
      problems: [{ message: expect.stringContaining('two machines use its key, from 127.0.0.1') }],
    });
    // The way out.
    const { token } = await makeToken({ hosts: ['h1'] });
    const { key } = await enroll({ token });
    expect(await greet(key)).toBe('h1');
  });

  it('of two machines that are never connected at once end it when the first comes back', async () => {
    const member = await memberOf(rig(), 'h1');
    // Agents that start anew, and connect again: one machine.
    for (const instance of ['one', 'two', 'two', 'three']) expect(await greet({ ...member, instance })).toBe('h1');
    // What an agent said that has ended since may come late: nobody answers there any more.
    const late = await openPeer(rig());
    await late.hello({ ...member, instance: 'two' });
    late.socket.pause();
    expect(await greet({ ...member, instance: 'three' })).toBe('h1');
    late.socket.terminate();
    const reason = 'two machines use its key, 127.0.0.1 and 127.0.0.1: drover-agent enroll --reset';
    expect(await greet({ ...member, instance: 'two' })).toBe(reason);
    expect(await greet({ ...member, instance: 'three' })).toBe(reason);
    expect(await rig().fleet.findHost('h1')).toMatchObject({ key_state: 'quarantined' });
    // Processes of a new key have nothing to do with it.
    const { token } = await makeToken({ hosts: ['h1'] });
    const { key } = await enroll({ token });
    for (const instance of ['two', 'three']) expect(await greet({ ...key, instance })).toBe('h1');
  });

  it('are all refused that come while the key is ended', async () => {
    const member = await memberOf(rig(), 'h1');
    const peers = await Promise.all(Array.from({ length: 4 }, () => openPeer(rig())));
    await Promise.all(peers.map((peer, n) => peer.hello({ ...member, instance: `i${n}` })));
    const codes = (await Promise.all(peers.map(({ closed }) => closed))).map(({ code }) => code);
    expect(new Set(codes)).toEqual(new Set([closeCodes.key]));
    await expect.poll(() => rig().core.link.count()).toBe(0);
  });
});
