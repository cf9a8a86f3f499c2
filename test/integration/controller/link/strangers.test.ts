// Who has not said yet who it is: what it may send, and what it is told.
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { controllerLimits } from '../../../../controller/limits.js';
import { agentPath, closeCodes, type ControllerFrameOf } from '../../../../shared/wire/protocol.js';
import { makeHello, memberOf, openPeer } from '../../../helpers/controller/protocol_peer.js';
import { useJoiningRig } from './joining_rig.js';

const { rig } = useJoiningRig();

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
    const member = await memberOf(rig(), 'h1');
    const greetWith = async (bytes: number) => {
      const peer = await openPeer(rig());
      const hello = makeHello(member, await peer.next('challenge'), rig().url);
      peer.sendRaw(JSON.stringify({ ...hello, padding: 'x'.repeat(bytes) }));
      const end = await Promise.race([peer.next('welcome'), peer.closed]).catch(() => peer.closed);
      await peer.vanish();
      return end;
    };
    expect(await greetWith(controllerLimits.strangerBytes.max - 2000)).toMatchObject({ type: 'welcome' });
    expect(await greetWith(controllerLimits.strangerBytes.max)).toMatchObject({ code: 1006 });
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
