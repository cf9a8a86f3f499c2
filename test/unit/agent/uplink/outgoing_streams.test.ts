// Which streams a connection sends, and again: an upgrade can continue after its end, also while that is being sent.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createOutgoingStreams } from '../../../../agent/uplink/outgoing_streams.js';
import type { Event } from '../../../../shared/model/journal/events.js';
import type { AgentFrame } from '../../../../shared/wire/protocol.js';

const upgrade = 'u';
const lineOf = (n: number): Event => ({ n, at: '', type: 'line', text: `${n}` });

/** A journal of this many events, and the numbers of those that were sent of it. */
function openStreams() {
  const journal = { events: 2 };
  const sent: number[] = [];
  const renewed: string[] = [];
  const failed: unknown[] = [];
  const socket: { take: () => Promise<void> } = { take: async () => undefined };
  const streams = createOutgoingStreams({
    isActive: () => true,
    onError: (_upgrade, error) => failed.push(error),
    onRenewed: (id) => renewed.push(id),
    signal: new AbortController().signal,
    async *openStream(_upgrade, from) {
      for (let n = from.events + 1, end = journal.events; n <= end; n += 1) yield { event: lineOf(n) };
    },
    async send(frame: AgentFrame) {
      if (frame.type === 'stream' && 'event' in frame.item) sent.push(frame.item.event.n);
      await socket.take();
    },
  });
  const send = async (events: number) => {
    streams.send([{ upgrade, events, outputs: {} }]);
    await nextTurn();
  };
  return { journal, sent, renewed, failed, streams, send, socket };
}

it('are sent once, though the controller asks again for what is on its way', async () => {
  const { sent, send } = openStreams();
  await send(0);
  await send(2);
  expect(sent).toEqual([1, 2]);
});

it('are sent again from where the controller is, where it has not stored the end', async () => {
  const { sent, send } = openStreams();
  await send(0);
  await send(1);
  expect(sent).toEqual([1, 2, 2]);
});

it('go on where an upgrade continues after its end was sent', async () => {
  const { journal, sent, send, streams } = openStreams();
  await send(0);
  journal.events = 3;
  streams.renew(upgrade);
  await send(2);
  expect(sent).toEqual([1, 2, 3]);
});

it('are announced again where an upgrade continued while its end was being sent, and go on', async () => {
  const { journal, sent, renewed, send, streams, socket } = openStreams();
  socket.take = async () => streams.renew(upgrade);
  await send(0);
  expect(renewed).toEqual([upgrade]);
  socket.take = async () => undefined;
  journal.events = 3;
  await send(2);
  expect(sent).toEqual([1, 2, 3]);
});

it('can be asked for again after an error', async () => {
  const { sent, failed, send, socket } = openStreams();
  socket.take = () => Promise.reject(new Error('no such journal'));
  await send(0);
  expect(failed).toHaveLength(1);
  socket.take = async () => undefined;
  await send(0);
  expect(sent).toEqual([1, 1, 2]);
});
