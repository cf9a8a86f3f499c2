// The stream of an upgrade as server-sent events, byte for byte.
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createTokenEnds } from '../../../../controller/auth/token_ends.js';
import { madeTokenSchema } from '../../../../shared/wire/access_api.js';
import { problemSchema, upgradeSchema } from '../../../../shared/wire/api.js';
import type { Clock } from '../../../../shared/os/clock.js';
import { begin, finish, step } from '../../../unit/shared/terminal/streams.js';
import { serve, token, type Served } from '../../../helpers/controller/serve_api.js';

/** The events of a whole body. */
function parse(body: string) {
  return body
    .split('\n\n')
    .filter((block) => block !== '' && !block.startsWith(':'))
    .map((block) => Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s))));
}

const output = { key: 'a', at: 0, next: 4, text: 'one\n' };
const stream = [begin, output, finish('success', 'v0.4.0')] as const;

/** A clock whose waits last until the test says so. */
function heldClock() {
  const held: { ms: number; release: () => void }[] = [];
  const clock: Clock = {
    now: () => new Date(),
    monotonicMs: () => 0,
    wait: (ms, signal) =>
      new Promise((resolve, reject) => {
        held.push({ ms, release: resolve });
        signal?.addEventListener('abort', () => reject(signal.reason));
      }),
  };
  return { clock, held };
}

describe('the events of an upgrade', () => {
  it('are its stream by seq, and the upgrade at the end', async () => {
    const { ask, fleet } = await serve();
    fleet.add('one');
    fleet.append('one', ...stream);
    const response = await ask('/api/v1/upgrades/one/events');
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    const events = parse(await response.text());
    expect(events.map(({ id, event }) => [id, event])).toEqual([
      ['1', 'event'],
      ['2', 'output'],
      ['3', 'event'],
      [undefined, 'end'],
    ]);
    expect(JSON.parse(events[1]?.['data'] ?? '')).toEqual({ output });
    expect(upgradeSchema.parse(JSON.parse(events[3]?.['data'] ?? ''))).toMatchObject({ status: 'success' });
  });

  it('go on after Last-Event-ID, or after `after`', async () => {
    const { ask, fleet } = await serve();
    fleet.add('one');
    fleet.append('one', ...stream);
    const byHeader = await ask('/api/v1/upgrades/one/events?after=0', { headers: { 'last-event-id': '2' } });
    expect(parse(await byHeader.text()).map(({ id }) => id)).toEqual(['3', undefined]);
    const byQuery = await ask('/api/v1/upgrades/one/events?after=1');
    expect(parse(await byQuery.text()).map(({ id }) => id)).toEqual(['2', '3', undefined]);
    const bad = await ask('/api/v1/upgrades/one/events', { headers: { 'last-event-id': 'x' } });
    expect(bad.status).toBe(422);
  });

  it('end with what is stored where nothing later is asked for', async () => {
    const { ask, fleet } = await serve();
    fleet.add('one');
    fleet.append('one', begin);
    const response = await ask('/api/v1/upgrades/one/events?follow=false');
    expect(parse(await response.text()).map(({ event }) => event)).toEqual(['event', 'end']);
  });

  it('come as they happen', async () => {
    const { ask, fleet } = await serve();
    fleet.add('one');
    fleet.append('one', begin);
    const { body } = await ask('/api/v1/upgrades/one/events');
    let seen = '';
    for await (const text of body?.pipeThrough(new TextDecoderStream()) ?? []) {
      seen += text;
      if (seen.includes('id: 1\n') && !seen.includes('id: 2\n')) fleet.append('one', output);
      if (seen.includes('id: 2\n') && !seen.includes('id: 3\n')) fleet.append('one', finish('success', 'v0.4.0'));
    }
    expect(parse(seen).map(({ event }) => event)).toEqual(['event', 'output', 'event', 'end']);
  });

  it('have a sign of life between them', async () => {
    const { clock, held } = heldClock();
    const { ask, fleet } = await serve({ clock });
    fleet.add('one');
    const { body } = await ask('/api/v1/upgrades/one/events');
    let seen = '';
    for await (const text of body?.pipeThrough(new TextDecoderStream()) ?? []) {
      seen += text;
      if (seen.includes(': still here')) fleet.append('one', begin, finish('success', 'v0.4.0'));
      else held.at(-1)?.release();
    }
    expect(seen).toContain(': still here\n\n');
    expect(held[0]?.ms).toBe(15_000);
  });

  it('are no longer read from the store once the reader has gone', async () => {
    const { ask, fleet } = await serve();
    fleet.add('one');
    const followed: AbortSignal[] = [];
    const followStream = fleet.followStream.bind(fleet);
    fleet.followStream = (id, after, signal) => {
      followed.push(signal);
      return followStream(id, after, signal);
    };
    const leaving = new AbortController();
    await ask('/api/v1/upgrades/one/events', { signal: leaving.signal });
    leaving.abort();
    const [signal] = followed;
    if (signal === undefined) throw new Error('the stream was not followed');
    if (!signal.aborted) await once(signal, 'abort');
    expect(signal.aborted).toBe(true);
  });

  it('are cut where telling them fails, so that the reader comes back', async () => {
    const { ask, fleet, logged } = await serve();
    fleet.add('one');
    fleet.followStream = async function* () {
      yield* [];
      throw new Error('the disk is gone');
    };
    const read = ask('/api/v1/upgrades/one/events').then((response) => response.text());
    await expect(read).rejects.toBeInstanceOf(TypeError);
    expect(logged.join('\n')).toContain('following an upgrade failed');
  });

  it('end for all readers when the controller stops', async () => {
    const { ask, fleet, close } = await serve();
    fleet.add('one');
    fleet.append('one', ...step('fetch'));
    const response = await ask('/api/v1/upgrades/one/events');
    const read = response.text().catch(() => 'cut');
    await close();
    expect(await read).toBe('cut');
  });
});

describe('a reader that takes nothing', () => {
  /** Not one that has room for what is sent to it in time: the clock says at once that the time is over. */
  const impatient: Clock = {
    now: () => new Date(),
    monotonicMs: () => 0,
    wait: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (ms === 20_000) resolve();
        signal?.addEventListener('abort', () => reject(signal.reason));
      }),
  };

  it('holds up only itself, and is dropped', async () => {
    const { port, fleet, logged } = await serve({ clock: impatient });
    fleet.add('one');
    const text = 'x'.repeat(64 * 1024);
    let pulled = 0;
    fleet.followStream = async function* () {
      while (pulled < 1000) {
        pulled += 1;
        yield { seq: pulled, item: { output: { key: 'a', at: pulled, next: pulled + 1, text } } };
      }
      throw new Error('all was pulled, though nothing was taken');
    };
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const closed = once(socket, 'close');
    socket.pause();
    socket.write(`GET /api/v1/upgrades/one/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`);
    await expect.poll(() => logged.join('\n')).toContain('following an upgrade failed');
    expect(logged.join('\n')).toContain('a client reads too slowly');
    socket.resume();
    await closed;
  });

  it('is not one that reads slowly', async () => {
    const { ask, fleet } = await serve();
    fleet.add('one');
    const text = 'x'.repeat(64 * 1024);
    for (let at = 0; at < 100; at += 1) fleet.append('one', { key: 'a', at, next: at + 1, text });
    fleet.append('one', finish('success', 'v0.4.0'));
    const events = parse(await (await ask('/api/v1/upgrades/one/events')).text());
    expect(events).toHaveLength(102);
  });
});

describe('a token that ends', () => {
  const json = { 'content-type': 'application/json' };
  /** Makes a token over the API, and revokes it. */
  async function useToken({ ask }: Served, expiresInS: number | null = null) {
    const wish = { name: 'anna', role: 'operator', expires_in_s: expiresInS };
    const made = await ask('/api/v1/tokens', { method: 'POST', headers: json, body: JSON.stringify(wish) });
    const { token: own } = madeTokenSchema.parse(await made.json());
    const headers = { authorization: `Bearer ${own}` };
    return { headers, revoke: () => ask('/api/v1/tokens/anna/revoke', { method: 'POST' }) };
  }

  it('cuts the streams that run for it, and is refused from then on', async () => {
    const served = await serve();
    const { ask, fleet } = served;
    fleet.add('one');
    fleet.append('one', begin);
    const { headers, revoke } = await useToken(served);
    const [own, others] = [
      await ask('/api/v1/upgrades/one/events', { headers }),
      await ask('/api/v1/upgrades/one/events'),
    ];
    const cut = own.text().catch(() => 'cut');
    expect((await revoke()).status).toBe(200);
    expect(await cut).toBe('cut');
    const refused = await ask('/api/v1/upgrades/one/events', { headers });
    expect(problemSchema.parse(await refused.json())).toMatchObject({ status: 401, code: 'unauthorized' });
    fleet.append('one', finish('success', 'v0.4.0'));
    expect(parse(await others.text()).at(-1)).toMatchObject({ event: 'end' });
  });

  it('cuts them when its time is over', async () => {
    const { clock, held } = heldClock();
    const served = await serve({ clock, tokenEnds: createTokenEnds(clock) });
    served.fleet.add('one');
    const { headers } = await useToken(served, 3600);
    const response = await served.ask('/api/v1/upgrades/one/events', { headers });
    const cut = response.text().catch(() => 'cut');
    const expiry = held.find(({ ms }) => ms > 3_000_000);
    clock.now = () => new Date(Date.now() + 3_600_000);
    expiry?.release();
    expect(await cut).toBe('cut');
  });

  it('answers a request that waits with 401, and leaves the upgrade as it is', async () => {
    const served = await serve();
    const { ask, fleet } = served;
    const { headers, revoke } = await useToken(served);
    const waitForUpgrade = fleet.waitForUpgrade.bind(fleet);
    fleet.waitForUpgrade = (...words) => {
      void revoke();
      return waitForUpgrade(...words);
    };
    const asking = { method: 'POST', headers: { ...headers, prefer: 'wait=600' } };
    const response = await ask('/api/v1/tenants/testsite/upgrade', asking);
    expect(problemSchema.parse(await response.json())).toMatchObject({ status: 401, detail: /anna was revoked/ });
    expect([...fleet.upgrades.values()]).toMatchObject([{ state: 'pending' }]);
  });
});
