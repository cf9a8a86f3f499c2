// Frames that no agent sends: each closes its connection with a code and a plain reason, and nothing else happens.
import { describe, expect, it } from 'vitest';
import { makeId } from '../../../shared/os/ids.js';
import { closeCodes, type AgentFrame } from '../../../shared/wire/protocol.js';
import { connectPeer } from '../../helpers/controller/protocol_peer.js';
import { frameOf, makeStream } from '../../helpers/controller/stored_streams.js';
import { sendAll, settle, useHostileRig } from '../../helpers/hostile/hostile_rig.js';

const rig = useHostileRig();

describe('a frame', () => {
  const stream = '{"type":"stream","upgrade":"u","item":{"output":{"key":"k","at":AT,"next":NEXT,"text":"x"}}}';
  const wide = '漢'.repeat(64);
  it.each([
    ['whose error holds wide characters', stream.replace('"u"', `"${wide}"`).replace('AT', '0').replace('NEXT', '1')],
    ['of an unknown type in wide characters', `{"type":"${wide}"}`],
    ['with a key of half a megabyte', `{"type":"report","${'k'.repeat(500_000)}":1}`],
    ['of nothing but brackets', '['.repeat(500_000)],
    ['that is empty', ''],
    ['that is no UTF-8', Buffer.from([0xc3, 0x28])],
    ['with a prototype', '{"type":"streams","__proto__":{"streams":[]}}'],
  ])('%s closes its connection with a reason of plain text', async (_what, data) => {
    const peer = await connectPeer({ ...rig().connection, host: `frames-${makeId()}` });
    peer.sendRaw(data);
    const { code, reason } = await peer.closed;
    expect(code).toBe(closeCodes.policyViolation);
    expect(reason).toMatch(/^[\u0020-\u007e]*$/);
    expect(reason).not.toMatch(/sqlite|constraint|datatype/i);
    await rig().expectUnharmed();
  });

  it.each([0.5, 1e300, -1, 2 ** 53])(
    'with the position %d closes its connection without the words of SQLite',
    async (next) => {
      const host = `positions-${makeId()}`;
      const peer = await connectPeer({ ...rig().connection, host, tenants: [host.slice(0, 30)] });
      const id = makeId();
      peer.send({ type: 'streams', streams: [{ upgrade: id, events: 3 }] });
      await peer.next('stored');
      for (const item of makeStream({ id, tenant: host.slice(0, 30), host }).slice(0, 3)) peer.send(frameOf(id, item));
      peer.send(frameOf(id, { output: { key: 'hooks-post-pull.v0.2.0.sh', at: 0, next, text: 'x' } }));
      const { code, reason } = await peer.closed;
      expect(code).toBe(closeCodes.policyViolation);
      expect(reason).toMatch(/^[\u0020-\u007e]*$/);
      expect(reason).not.toMatch(/sqlite|constraint|datatype|store/i);
      await rig().expectUnharmed();
    },
  );

  it('that nobody asked for leaves nothing', async () => {
    const peer = await connectPeer({ ...rig().connection, host: 'answers', tenants: [] });
    const before = rig().countRows('orders');
    await sendAll(
      peer,
      Array.from({ length: 2000 }, (_, n): AgentFrame => {
        const request_id = makeId();
        if (n % 2 === 0) return { type: 'plan_result', request_id, plan: null, error: null };
        return { type: 'answer', request_id, upgrade: n % 4 === 1 ? request_id : null, error: null };
      }),
    );
    await settle(peer);
    expect(rig().countRows('orders')).toBe(before);
    await peer.vanish();
    await rig().expectUnharmed();
  });
});
