// An upgrade's stream over connections that break: nothing twice, nothing left out.
import { EventEmitter, once } from 'node:events';
import { expect, describe, it } from 'vitest';
import type { AppError } from '../../../../shared/errors.js';
import { createClient, type Client } from '../../../../controller/client/create_client.js';
import type { Upgrade } from '../../../../shared/wire/api.js';
import { systemClock, type Clock } from '../../../../shared/os/clock.js';
import type { StreamItem } from '../../../../shared/model/journal/stream_item.js';
import { createMemoryFleet, type MemoryFleet } from '../../../helpers/controller/memory_fleet.js';
import { serve, token } from '../../../helpers/controller/serve_api.js';
import { begin, finish, step } from '../../../unit/shared/terminal/streams.js';

/** Pauses between attempts are over at once; nobody is ever silent for too long. */
const hastyClock: Clock = {
  ...systemClock,
  wait: (ms, signal) => (ms < 45_000 ? systemClock.wait(0, signal) : systemClock.wait(600_000, signal)),
};

const clientOf = (url: string) => createClient({ url, token, clock: hastyClock, random: Math.random });

/** The items as words, and the end. */
async function follow(
  client: Client,
  id: string,
  onItem: (items: string[]) => void | Promise<void> = () => undefined,
): Promise<{ items: string[]; upgrade: Upgrade; contacts: (string | null)[] }> {
  const items: string[] = [];
  const contacts: (string | null)[] = [];
  const onContact = (lost: AppError | null) => void contacts.push(lost?.code ?? null);
  const stream = client.followUpgrade(id, new AbortController().signal, { onContact });
  for (;;) {
    const { done, value } = await stream.next();
    if (done === true) return { items, upgrade: value, contacts };
    items.push(describeItem(value));
    await onItem(items);
  }
}

function describeItem(item: StreamItem): string {
  return 'event' in item
    ? `${item.event.n} ${item.event.type}`
    : `${item.output.key} ${item.output.at}-${item.output.next} ${item.output.text}`;
}

const piece = (at: number) => ({ key: 'a', at, next: at + 2, text: `${at % 10}\n` });
const whole = ['1 begin', '2 step-begin', 'a 0-2 0\n', 'a 2-4 2\n', '3 step-end', '4 finish'];

function appendWhole(fleet: MemoryFleet): void {
  const [first, last] = step('migrate');
  if (first === undefined || last === undefined) throw new Error('a step has two events');
  fleet.add('one');
  fleet.append('one', begin, first, piece(0), piece(2), last, finish('success', 'v0.4.0'));
}

/** Cuts the connection after so many items of a stream, as often as the numbers say. */
function cutAfter(fleet: MemoryFleet, ...counts: number[]): { asked: number[] } {
  const followStream = fleet.followStream.bind(fleet);
  const asked: number[] = [];
  fleet.followStream = async function* (id, after, signal) {
    asked.push(after);
    let left = counts.shift() ?? Number.POSITIVE_INFINITY;
    for await (const item of followStream(id, after, signal)) {
      if (left === 0) throw new Error('cut');
      left -= 1;
      yield item;
    }
  };
  return { asked };
}

describe('a stream that is items', () => {
  it('comes in order, and ends with the upgrade', async () => {
    const { url, fleet } = await serve();
    appendWhole(fleet);
    const { items, upgrade } = await follow(clientOf(url), 'one');
    expect(items).toEqual(whole);
    expect(upgrade).toMatchObject({ id: 'one', status: 'success', delivery: { state: 'ended' } });
  });

  it.each([[[0]], [[1]], [[3]], [[5]], [[1, 1, 1, 1, 1]], [[2, 0, 0, 3]]])(
    'comes once, whatever cuts the connection: after %j items',
    async (counts) => {
      const { url, fleet } = await serve();
      appendWhole(fleet);
      const { asked } = cutAfter(fleet, ...counts);
      const { items } = await follow(clientOf(url), 'one');
      expect(items).toEqual(whole);
      expect(asked).toHaveLength(counts.length + 1);
    },
  );

  it('goes on after the controller was started again', async () => {
    const fleet = createMemoryFleet();
    const first = await serve({ fleet });
    fleet.add('one');
    fleet.append('one', begin);
    const { items, contacts } = await follow(clientOf(first.url), 'one', async ({ length }) => {
      if (length !== 1) return;
      await first.close();
      fleet.append('one', piece(0), finish('success', 'v0.4.0'));
      await serve({ fleet, port: first.port });
    });
    expect(items).toEqual(['1 begin', 'a 0-2 0\n', '2 finish']);
    expect(contacts).toContain('unreachable');
    expect(contacts.at(-1)).toBeNull();
  });

  it('is items from the start where something is missing, without what was passed on', async () => {
    const { url, fleet } = await serve();
    appendWhole(fleet);
    const followStream = fleet.followStream.bind(fleet);
    const asked: number[] = [];
    fleet.followStream = async function* (id, after, signal) {
      asked.push(after);
      for await (const item of followStream(id, after, signal)) {
        // The first time a piece of output is left out.
        if (asked.length > 1 || item.seq !== 3) yield item;
      }
    };
    expect((await follow(clientOf(url), 'one')).items).toEqual(whole);
    expect(asked).toEqual([0, 0]);
  });

  it('goes on over what the controller itself lacks', async () => {
    const { url, fleet } = await serve();
    appendWhole(fleet);
    fleet.upgrades.get('one')?.stream.splice(1, 2);
    const { items } = await follow(clientOf(url), 'one');
    expect(items).toEqual(['1 begin', 'a 2-4 2\n', '3 step-end', '4 finish']);
  });

  it('is whole after the controller was restored from a backup, whose places are lower', async () => {
    const { url, fleet } = await serve();
    const upgrade = fleet.add('one');
    fleet.append('one', begin, piece(0), piece(2), finish('success', 'v0.4.0'));
    const [first, second, third, last] = upgrade.stream;
    if (first === undefined || second === undefined || third === undefined || last === undefined) throw new Error();
    const followStream = fleet.followStream.bind(fleet);
    const asked: number[] = [];
    const reading = new EventEmitter();
    fleet.followStream = async function* (id, after, signal) {
      asked.push(after);
      if (asked.length > 1) return yield* followStream(id, after, signal);
      yield* [first, second, third];
      await once(reading, 'three');
      upgrade.stream = [first, { ...third, seq: 2 }, { ...last, seq: 3 }];
      throw new Error('cut');
    };
    const { items } = await follow(clientOf(url), 'one', ({ length }) => {
      if (length === 3) reading.emit('three');
    });
    expect(items).toEqual(['1 begin', 'a 0-2 0\n', 'a 2-4 2\n', '2 finish']);
    expect(asked).toEqual([0, 3, 0]);
  });

  it('gives of a piece that begins in what was items only the rest', async () => {
    const { url, fleet } = await serve();
    fleet.add('one');
    fleet.append('one', begin, piece(0), { key: 'a', at: 1, next: 5, text: 'wxyz' }, finish('success', 'v0.4.0'));
    expect((await follow(clientOf(url), 'one')).items.slice(1, 3)).toEqual(['a 0-2 0\n', 'a 2-5 xyz']);
  });

  it('is given up where the controller says so, and where it stays away', async () => {
    const { url, fleet, close } = await serve();
    await expect(follow(clientOf(url), 'none')).rejects.toMatchObject({ code: 'unknown-upgrade' });
    fleet.add('one');
    await close();
    let nowMs = 0;
    const clock = { ...hastyClock, monotonicMs: () => (nowMs += 100_000) };
    const client = createClient({ url, token, clock, random: Math.random });
    await expect(follow(client, 'one')).rejects.toMatchObject({ code: 'unreachable' });
  });

  it('is items again where the connection gives no sign of life', async () => {
    const { url, fleet } = await serve();
    appendWhole(fleet);
    let connections = 0;
    const deaf: typeof fetch = (target, init) => {
      connections += 1;
      if (connections > 1) return fetch(target, init);
      return Promise.resolve(new Response(new ReadableStream()));
    };
    const clock: Clock = { ...systemClock, wait: (ms, signal) => systemClock.wait(ms < 45_000 ? 0 : 20, signal) };
    const client = createClient({ url, token, clock, fetch: deaf, random: Math.random });
    expect((await follow(client, 'one')).items).toEqual(whole);
    expect(connections).toBe(2);
  });

  it('ends when nobody wants it any more', async () => {
    const { url, fleet } = await serve();
    fleet.add('one');
    fleet.append('one', begin);
    const leaving = new AbortController();
    const stream = clientOf(url).followUpgrade('one', leaving.signal);
    await stream.next();
    const next = stream.next();
    leaving.abort(new Error('enough'));
    await expect(next).rejects.toThrow('enough');
  });
});
