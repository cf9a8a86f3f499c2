// The frames `planned` of a request, and which request a client's frames begin and end.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PlannedSink, PlannedTenant, PlanTenants } from '../../../../agent/scheduler/plan_tenants.js';
import { createClientSession } from '../../../../agent/session/client_session.js';
import { createPlannedFrames } from '../../../../agent/session/planned_frames.js';
import { AppError, forOutside } from '../../../../shared/errors.js';
import { toErrorBody } from '../../../../shared/model/error_body.js';
import { planClassOf } from '../../../../shared/model/plan/plan_class.js';
import type { Plan } from '../../../../shared/model/plan/plan.js';
import { agentFrameSchema, type AgentFrame, type ControllerFrameOf } from '../../../../shared/wire/protocol.js';
import { createMemoryPort } from '../../../helpers/agent/memory_port.js';
import { sampleSeed } from '../../../helpers/sample_seed.js';
import { plan as base } from '../../shared/terminal/streams.js';

const commit = 'c'.repeat(40);
/** A plan of the n-th class, of about so many bytes. */
const makePlan = (tenant: string, n: number, bytes = 0): Plan => ({
  ...base,
  tenant,
  previous: { version: 'v0.1.0', commit },
  target: { version: 'v0.2.0', commit: String(n % 10).repeat(40) },
  hooks: [],
  migrations: Array.from({ length: n }, (_, index) => ({ file: `${index}.py`, sha256: 'a'.repeat(64), tag: 'v0.2.0' })),
  warnings: Array.from({ length: Math.ceil(bytes / 1000) }, () => 'w'.repeat(1000)),
});

type Sent = Extract<AgentFrame, { type: 'planned' }>;

function collect(signal = new AbortController().signal) {
  const sent: Sent[] = [];
  const send = async (frame: AgentFrame) => void (frame.type === 'planned' && sent.push(frame));
  const frames = createPlannedFrames({
    request_id: 'r',
    send,
    tell: (error) => toErrorBody(forOutside(error)),
    signal,
  });
  return { sent, frames };
}

describe('the frames of a request', () => {
  it('hold each tenant once and each class once, are bounded, and the last one says so', async () => {
    const outcome = fc.record({ n: fc.nat(4), bytes: fc.constantFrom(0, 30_000, 90_000), isError: fc.boolean() });
    const property = fc.asyncProperty(fc.array(outcome, { maxLength: 60 }), async (outcomes) => {
      const { sent, frames } = collect();
      const adding = outcomes.map(({ n, bytes, isError }, index) => {
        const tenant = `t${index}`;
        return frames.add(
          isError ? { tenant, error: new AppError('busy', 'no') } : { tenant, plan: makePlan(tenant, n, bytes) },
        );
      });
      await Promise.all(adding);
      await frames.end();
      for (const frame of sent) expect(agentFrameSchema.safeParse(frame).success).toBe(true);
      expect(sent.map(({ is_last }) => is_last)).toEqual(sent.map((_, index) => index === sent.length - 1));
      expect(sent.flatMap(({ tenants }) => tenants.map(({ tenant }) => tenant))).toEqual(
        outcomes.map((_, n) => `t${n}`),
      );
      const classes = sent.flatMap((frame) => frame.classes);
      expect(new Set(classes.map(({ plan_class }) => plan_class)).size).toBe(classes.length);
      for (const { plan_class, plan } of classes) expect(planClassOf(plan)).toBe(plan_class);
      // A class comes no later than its first tenant.
      const known = new Set<string | null>([null]);
      for (const frame of sent) {
        for (const { plan_class } of frame.classes) known.add(plan_class);
        for (const { plan_class } of frame.tenants) expect(known).toContain(plan_class);
        expect(Buffer.byteLength(JSON.stringify(frame))).toBeLessThan(201_000);
        expect(frame.tenants.length).toBeLessThanOrEqual(25);
      }
    });
    await fc.assert(property, { seed: sampleSeed, numRuns: 60 });
  });

  it('are sent before a wait, and one plan that is larger goes alone', async () => {
    const { sent, frames } = collect();
    await frames.flush();
    expect(sent).toEqual([]);
    await frames.add({ tenant: 'a', plan: makePlan('a', 1) });
    expect(sent).toEqual([]);
    await frames.flush();
    expect(sent).toHaveLength(1);
    await frames.add({ tenant: 'b', plan: makePlan('b', 2) });
    await frames.add({ tenant: 'c', plan: makePlan('c', 3, 300_000) });
    expect(sent.map(({ tenants }) => tenants.map(({ tenant }) => tenant))).toEqual([['a'], ['b'], ['c']]);
    await frames.end();
    expect(sent.at(-1)).toMatchObject({ classes: [], tenants: [], is_last: true });
  });

  it('go out one after the other, in order, however slow the socket is', async () => {
    const sent: number[] = [];
    const waiting: (() => void)[] = [];
    const frames = createPlannedFrames({
      request_id: 'r',
      send: (frame) =>
        new Promise((resolve) => {
          sent.push(frame.type === 'planned' ? frame.tenants.length : 0);
          waiting.push(resolve);
        }),
      tell: toErrorBody,
      signal: new AbortController().signal,
    });
    const error = new AppError('busy', 'no');
    const adding = Array.from({ length: 60 }, (_, n) => frames.add({ tenant: `t${n}`, error }));
    const ended = frames.end();
    for (const soFar of [[25], [25, 25], [25, 25, 10]]) {
      await new Promise((resolve) => setImmediate(resolve));
      expect(sent).toEqual(soFar);
      waiting.shift()?.();
    }
    await Promise.all([...adding, ended]);
  });

  it('end with the request: nothing is sent after that', async () => {
    const ending = new AbortController();
    const { sent, frames } = collect(ending.signal);
    await frames.add({ tenant: 'a', plan: makePlan('a', 1) });
    ending.abort(new Error('it was stopped'));
    await expect(frames.end()).rejects.toThrow('it was stopped');
    expect(sent).toEqual([]);
  });
});

interface Running {
  tenants: readonly string[];
  sink: PlannedSink;
  signal: AbortSignal;
  done: (error?: Error) => void;
}

/** A session whose plans the test makes itself. */
function openSession() {
  const running: Running[] = [];
  const sent: AgentFrame[] = [];
  const leaving = new AbortController();
  const planTenants: PlanTenants = ({ tenants }, { sink, signal }) =>
    new Promise((resolve, reject) => {
      running.push({ tenants, sink, signal, done: (error) => (error === undefined ? resolve() : reject(error)) });
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  const { upgrades } = createMemoryPort(
    () => new Map(),
    async function* none() {
      // Nothing to send.
    },
  );
  const session = createClientSession({
    by: 'controller',
    upgrades: { ...upgrades, planTenants },
    send: async (frame) => void sent.push(frame),
    sendStreams: async () => undefined,
    signal: leaving.signal,
  });
  const request = { version: 'v0.2.0', force: false, allow_downgrade: false, from: null, commit: null };
  const ask = (request_id: string, tenants = ['a']): ControllerFrameOf<'plan_tenants'> => ({
    type: 'plan_tenants',
    request_id,
    tenants,
    request,
  });
  return { session, running, sent, leave: () => leaving.abort(new Error('gone')), ask };
}

describe('a client', () => {
  it('has one request at a time: the next one ends the one before, and gets all of its own answer', async () => {
    const { session, running, sent, ask } = openSession();
    const first = session.handle(ask('one'));
    const second = session.handle(ask('two'));
    await first;
    expect(running.map(({ signal }) => signal.aborted)).toEqual([true, false]);
    await running[1]?.sink.add({ tenant: 'a', error: new AppError('busy', 'no') } satisfies PlannedTenant);
    running[1]?.done();
    await second;
    expect(sent).toMatchObject([{ type: 'planned', request_id: 'two', tenants: [{ tenant: 'a' }], is_last: true }]);
  });

  it('ends its request by its id, by no other, and by leaving', async () => {
    const { session, running, sent, ask, leave } = openSession();
    const first = session.handle(ask('one'));
    for (let n = 0; n < 1000; n += 1) await session.handle({ type: 'plan_stop', request_id: `other ${n}` });
    expect(running[0]?.signal.aborted).toBe(false);
    for (let n = 0; n < 3; n += 1) await session.handle({ type: 'plan_stop', request_id: 'one' });
    await first;
    const second = session.handle(ask('two'));
    leave();
    await second;
    expect(running.map(({ signal }) => signal.aborted)).toEqual([true, true]);
    expect(sent).toEqual([]);
  });

  it('is told why a request is refused as a whole', async () => {
    const { session, running, sent, ask } = openSession();
    const asked = session.handle(ask('one'));
    running[0]?.done(new AppError('busy', 'too often'));
    await asked;
    expect(sent).toMatchObject([{ type: 'answer', request_id: 'one', upgrade: null, error: { code: 'busy' } }]);
  });
});
