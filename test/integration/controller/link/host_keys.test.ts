// Who speaks for a host: what a key and a signature are worth, and what ends a key.
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { findAuthority, makeHostKey, signProof, type HostKey } from '../../../../shared/wire/host_proof.js';
import { makeId } from '../../../../shared/os/ids.js';
import { agentPath, closeCodes, protocolVersion, type ControllerFrameOf } from '../../../../shared/wire/protocol.js';
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

  it('is not one of an enrolment, nor one for another process or version', async () => {
    const member = await memberOf(rig(), 'h1');
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
    await expect(rig().core.joining.revokeHost('h1', tester)).rejects.toMatchObject({ code: 'not-found' });
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

  it('cannot take turns: who comes while the key is ended is refused, too', async () => {
    const member = await memberOf(rig(), 'h1');
    const peers = await Promise.all(Array.from({ length: 4 }, () => openPeer(rig())));
    await Promise.all(peers.map((peer, n) => peer.hello({ ...member, instance: `i${n}` })));
    const codes = (await Promise.all(peers.map(({ closed }) => closed))).map(({ code }) => code);
    expect(new Set(codes)).toEqual(new Set([closeCodes.key]));
    await expect.poll(() => rig().core.link.count()).toBe(0);
  });
});

describe('a stranger', () => {
  it('with the secret of before keys is told what to do now, before a word is said', async () => {
    const headers = { Authorization: 'Bearer the-secret-of-all-agents' };
    const socket = new WebSocket(`${rig().url}${agentPath}`, { headers });
    const said: unknown[] = [];
    socket.on('message', (data) => said.push(data));
    const [code, reason] = await new Promise<[number, Buffer]>((resolve) =>
      socket.once('close', (...end) => resolve(end)),
    );
    expect([code, reason.toString()]).toEqual([closeCodes.version, expect.stringContaining('drover-agent enroll')]);
    expect(said).toEqual([]);
  });

  it('may not send much before it has said who it is', async () => {
    const peer = await openPeer(rig());
    const closed = new Promise((resolve) => peer.socket.once('close', resolve));
    peer.sendRaw('x'.repeat(20_000));
    await closed;
    expect(rig().core.link.count()).toBe(0);
  });
});

it('every connection has a nonce of its own', async () => {
  const challenges: ControllerFrameOf<'challenge'>[] = [];
  for (let n = 0; n < 20; n += 1) {
    const peer = await openPeer(rig());
    challenges.push(await peer.next('challenge'));
    await peer.vanish();
  }
  expect(new Set(challenges.map(({ nonce }) => nonce)).size).toBe(20);
});
