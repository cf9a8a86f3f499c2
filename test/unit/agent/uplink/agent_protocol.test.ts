// The conversation with a controller, without a socket or a host.
import { describe, expect, it } from 'vitest';
import type { AgentPort } from '../../../../agent/uplink/agent_protocol.js';
import { createAgentProtocol } from '../../../../agent/uplink/agent_protocol.js';
import type { Event } from '../../../../shared/model/journal/events.js';
import { closeCodes, type AgentFrame, type ControllerFrame } from '../../../../shared/wire/protocol.js';
import { challenge, proof, welcome } from '../../../helpers/agent/handshake.js';
import { createMemoryPort } from '../../../helpers/agent/memory_port.js';
import type { StreamItem } from '../../../../shared/model/journal/stream_item.js';

const at = '2026-01-01T00:00:00.000Z';
const lines = (from: number, to: number): Event[] =>
  Array.from({ length: to - from + 1 }, (_unused, index) => ({
    type: 'line',
    text: `line ${from + index}`,
    n: from + index,
    at,
  }));

interface Talk {
  frames: AgentFrame[];
  closed: { code: number; reason: string }[];
  errors: string[];
  /** The upgrades whose streams were opened, in order, with the position. */
  opened: [string, number][];
  say(frame: ControllerFrame | object): Promise<void>;
  announce(upgrade: string): Promise<void>;
}

/** Lets everything run that waits for nothing but its turn. */
const settle = () => new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)));

async function talk(streams: Map<string, Event[]>, port: Partial<AgentPort> = {}): Promise<Talk> {
  const talking = { frames: new Array<AgentFrame>(), closed: new Array<{ code: number; reason: string }>() };
  const opened: [string, number][] = [];
  const errors: string[] = [];
  const heads = () => new Map([...streams].map(([id, events]) => [id, events.length]));
  async function* readItems(upgrade: string, events: number): AsyncGenerator<StreamItem> {
    opened.push([upgrade, events]);
    const stream = streams.get(upgrade);
    if (stream === undefined) throw new Error(`no ${upgrade}`);
    for (const event of stream.slice(events)) yield { event };
  }
  const protocol = createAgentProtocol({
    port: { ...createMemoryPort(heads, readItems), ...port },
    send: async (frame) => void talking.frames.push(frame),
    close: (code, reason) => void talking.closed.push({ code, reason }),
    prove: () => proof,
    onWelcome: () => undefined,
    onError: (error) => void errors.push(String(error)),
  });
  protocol.receive(JSON.stringify(challenge));
  await settle();
  expect(talking.frames.splice(0)).toEqual([{ type: 'hello', ...proof, agent_version: '1', at }]);
  return {
    ...talking,
    errors,
    opened,
    async say(frame) {
      protocol.receive(JSON.stringify(frame));
      await settle();
    },
    async announce(upgrade) {
      protocol.announce(upgrade);
      await settle();
    },
  };
}

const planTenants = { type: 'plan_tenants', request_id: 'r', tenants: ['a'], request: { version: 'v0.2.0' } };
const stored = (upgrade: string, events: number) => ({ type: 'stored', streams: [{ upgrade, events, outputs: {} }] });
const sent = ({ frames }: Talk) =>
  frames.flatMap((frame) => (frame.type === 'stream' && 'event' in frame.item ? [frame.item.event.n] : []));

describe('the agent’s side of the protocol', () => {
  it('answers a welcome with the report and all streams, in frames of at most 500', async () => {
    const talking = await talk(new Map(Array.from({ length: 1001 }, (_unused, n) => [`u${n}`, lines(1, 2)])));
    await talking.say(welcome);
    expect(talking.frames.map(({ type }) => type)).toEqual(['report', 'streams', 'streams', 'streams']);
    const streams = talking.frames.flatMap((frame) => (frame.type === 'streams' ? [frame.streams] : []));
    expect(streams.map(({ length }) => length)).toEqual([500, 500, 1]);
    expect(streams[2]).toEqual([{ upgrade: 'u1000', events: 2 }]);
  });

  it('sends a stream from where the controller has it', async () => {
    const talking = await talk(new Map([['u1', lines(1, 5)]]));
    await talking.say(welcome);
    await talking.say(stored('u1', 3));
    expect(sent(talking)).toEqual([4, 5]);
  });

  it('does not open a stream again whose end is stored', async () => {
    const talking = await talk(new Map([['u1', lines(1, 5)]]));
    await talking.say(welcome);
    await talking.say(stored('u1', 0));
    await talking.say(stored('u1', 5));
    expect(talking.opened).toEqual([['u1', 0]]);
  });

  it('sends once what is asked for twice at the same time', async () => {
    const talking = await talk(new Map([['u1', lines(1, 5)]]));
    await talking.say(welcome);
    await talking.say({ type: 'stored', streams: [...stored('u1', 0).streams, ...stored('u1', 0).streams] });
    expect(sent(talking)).toEqual([1, 2, 3, 4, 5]);
  });

  it('announces an upgrade that goes on, and sends the rest when that is wanted', async () => {
    const streams = new Map([['u1', lines(1, 3)]]);
    const talking = await talk(streams);
    await talking.say(welcome);
    await talking.say(stored('u1', 0));
    streams.set('u1', lines(1, 5));
    await talking.announce('u1');
    expect(talking.frames.at(-1)).toEqual({ type: 'streams', streams: [{ upgrade: 'u1', events: 5 }] });
    await talking.say(stored('u1', 3));
    expect(sent(talking)).toEqual([1, 2, 3, 4, 5]);
  });

  it('announces once more what went on while the end of it was sent', async () => {
    const streams = new Map([['u1', lines(1, 2)]]);
    const gate: { open: () => void } = { open: () => undefined };
    const talking = await talk(streams, {
      async *openStream() {
        yield* lines(1, 2).map((event) => ({ event }) as const);
        await new Promise<void>((resolve) => {
          gate.open = resolve;
        });
      },
    });
    await talking.say(welcome);
    await talking.say(stored('u1', 0));
    await talking.announce('u1');
    const before = talking.frames.length;
    gate.open();
    await settle();
    expect(talking.frames.slice(before)).toEqual([{ type: 'streams', streams: [{ upgrade: 'u1', events: 2 }] }]);
  });

  it('goes on when a stream cannot be sent', async () => {
    const streams = new Map(['u1', 'gone'].map((id) => [id, lines(1, 2)]));
    const talking = await talk(streams);
    await talking.say(welcome);
    streams.delete('gone');
    await talking.say(stored('gone', 0));
    await talking.say(stored('u1', 0));
    expect(talking.errors).toEqual(['Error: no gone']);
    expect(sent(talking)).toEqual([1, 2]);
    expect(talking.closed).toEqual([]);
  });

  it('takes back what it announced and cannot send, so that the controller does not wait for it', async () => {
    const streams = new Map([['gone', lines(1, 2)]]);
    const talking = await talk(streams);
    await talking.say(welcome);
    streams.delete('gone');
    await talking.say(stored('gone', 0));
    expect(talking.frames.at(-1)).toEqual({ type: 'streams', streams: [{ upgrade: 'gone', events: 0 }] });
  });

  it('neither opens a stream that was not announced nor says anything about it, however many are asked for', async () => {
    const talking = await talk(new Map([['u1', lines(1, 2)]]));
    await talking.say(welcome);
    for (let n = 0; n < 100; n += 1) await talking.say(stored(`unknown-${n}`, 0));
    await talking.say(stored('u1', 0));
    expect(talking.opened).toEqual([['u1', 0]]);
    expect(talking.errors).toEqual([]);
  });

  it('sends old streams one after the other', async () => {
    let open = 0;
    let most = 0;
    const streams = new Map(Array.from({ length: 20 }, (_unused, n) => [`u${n}`, lines(1, 1)]));
    const talking = await talk(streams, {
      async *openStream() {
        open += 1;
        most = Math.max(most, open);
        yield* lines(1, 1).map((event) => ({ event }) as const);
        open -= 1;
      },
    });
    await talking.say(welcome);
    await talking.say({ type: 'stored', streams: [...streams.keys()].flatMap((id) => stored(id, 0).streams) });
    await settle();
    expect({ most, sent: sent(talking).length }).toEqual({ most: 1, sent: 20 });
  });

  it.each([
    ['an unknown type', { type: 'shell', run: 'id' }],
    ['an unknown key', { ...stored('u1', 0), command: 'id' }],
    ['a key too many in a request', { type: 'cancel', request_id: 'r', tenant: 't', id: 'i', force: false, path: '/' }],
    [
      'a request of the local socket, which never expires',
      { type: 'resume', request_id: 'r', tenant: 't', accept: true },
    ],
    [
      'more tenants to plan than a host has',
      { ...planTenants, tenants: Array.from({ length: 10_000 }, (_, n) => `t${n}`) },
    ],
    ['no tenant to plan', { ...planTenants, tenants: [] }],
    [
      'a class that is no hash',
      { type: 'upgrade', id: 'i', tenant: 't', request: {}, start_within_ms: 1, plan_class: 'A/..' },
    ],
    [
      'an attempt before the first',
      { type: 'upgrade', id: 'i', tenant: 't', request: {}, start_within_ms: 1, rollout: { id: 'r', attempt: 0 } },
    ],
    ['a second welcome', welcome],
  ])('closes with 1008 on %s', async (_what, frame) => {
    const talking = await talk(new Map());
    await talking.say(welcome);
    const before = talking.frames.length;
    await talking.say(frame);
    expect(talking.closed).toEqual([{ code: closeCodes.policyViolation, reason: expect.any(String) }]);
    await talking.say({ type: 'plan' });
    expect(talking.frames.length).toBe(before);
  });

  it('ends the plans of many tenants with the connection, also where a controller asks again and again', async () => {
    const signals: AbortSignal[] = [];
    const { upgrades } = createMemoryPort(
      () => new Map(),
      async function* none() {
        // Nothing to send.
      },
    );
    const plans: AgentPort['upgrades']['planTenants'] = (_asked, { signal }) => {
      signals.push(signal);
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    };
    const talking = await talk(new Map(), { upgrades: { ...upgrades, planTenants: plans } });
    await talking.say(welcome);
    const before = talking.frames.length;
    for (let n = 0; n < 50; n += 1) await talking.say({ ...planTenants, request_id: `r${n}` });
    expect(signals.map(({ aborted }) => aborted)).toEqual([...Array.from({ length: 49 }, () => true), false]);
    await talking.say({ type: 'shell' });
    expect(signals.every(({ aborted }) => aborted)).toBe(true);
    expect({ errors: talking.errors, answers: talking.frames.length - before }).toEqual({ errors: [], answers: 0 });
  });

  it('closes with 1008 on anything before the welcome, and on a version that it did not offer', async () => {
    const early = await talk(new Map([['u1', lines(1, 1)]]));
    await early.say(stored('u1', 0));
    const other = await talk(new Map());
    await other.say({ type: 'welcome', version: 3, host: 'h1' });
    for (const { closed, frames } of [early, other]) {
      expect({ codes: closed.map(({ code }) => code), frames }).toEqual({ codes: [1008], frames: [] });
    }
  });
});
