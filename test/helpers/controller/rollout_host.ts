// A host of rollouts over the real protocol: its tenants are planned, upgraded and rolled back as the test says.
import { planClassOf } from '../../../shared/model/plan/plan_class.js';
import type { Event, EventBody } from '../../../shared/model/journal/events.js';
import type { Plan } from '../../../shared/model/plan/plan.js';
import { frameText } from '../../../shared/wire/websocket.js';
import { controllerFrameSchema, type ControllerFrameOf } from '../../../shared/wire/protocol.js';
import type { StepName } from '../../../shared/model/step_names.js';
import { plan as examplePlan } from '../../unit/shared/terminal/streams.js';
import type { ControllerRig } from './controller_rig.js';
import { connectPeer, type ProtocolPeer } from './protocol_peer.js';

/** `run`: it begins, and goes on until `finish`. */
export type Fate = 'success' | 'fails' | 'needs_operator' | 'run';

export interface RolloutHostOptions {
  host: string;
  tenants: string[];
  /** Of a tenant; by default an upgrade to v0.4.0 without hooks. */
  planOf?: (slug: string) => Partial<Plan>;
  /** Of an upgrade; success by default. */
  fateOf?: (slug: string, attempt: number) => Fate;
  /** What a failure says. */
  says?: string;
}

export interface RolloutHost {
  peer: ProtocolPeer;
  /** The tenants whose upgrades were offered, in order. */
  offered: string[];
  /** Ends an upgrade whose fate was `run`. */
  finish(slug: string, fate: Fate): void;
}

/** Connects, reports its tenants and serves until the connection ends. */
export async function connectRolloutHost(rig: ControllerRig, options: RolloutHostOptions): Promise<RolloutHost> {
  const { host, tenants, planOf = () => ({}), fateOf = () => 'success' as const, says = 'the disk is full' } = options;
  const peer = await connectPeer({ ...rig, host, tenants });
  const makePlan = (slug: string): Plan => ({ ...examplePlan, tenant: slug, host, ...planOf(slug) });
  const offered: string[] = [];
  const running = new Map<string, { id: string; events: Event[] }>();
  const begun = new Map<string, () => void>();

  function append(id: string, events: Event[], bodies: readonly EventBody[]): void {
    for (const body of bodies) {
      const event: Event = { ...body, n: events.length + 1, at: new Date().toISOString() };
      events.push(event);
      peer.send({ type: 'stream', upgrade: id, item: { event } });
    }
  }

  function finish(slug: string, fate: Fate): void {
    const own = running.get(slug);
    if (own === undefined) throw new Error(`${slug} is not upgraded`);
    running.delete(slug);
    append(own.id, own.events, endOf(fate, says));
  }

  function upgrade(frame: ControllerFrameOf<'upgrade'>): void {
    const { id, tenant: slug, rollout } = frame;
    offered.push(slug);
    const events: Event[] = [];
    running.set(slug, { id, events });
    peer.send({ type: 'answer', request_id: id, upgrade: id, error: null });
    const first: EventBody[] = [
      {
        type: 'begin',
        version: 1,
        id,
        tenant: slug,
        host,
        request: frame.request,
        ...(rollout === undefined ? {} : { rollout }),
        plan: makePlan(slug),
        current_version: 'v0.1.0',
        config: null,
      },
      ...step('stop-services'),
      { type: 'step-begin', step: 'migrate', stage: 'run' },
    ];
    // Its stream is announced first, and sent once the controller has said how much of it it has.
    peer.send({ type: 'streams', streams: [{ upgrade: id, events: first.length }] });
    begun.set(id, () => {
      append(id, events, first);
      const fate = fateOf(slug, rollout?.attempt ?? 1);
      if (fate !== 'run') finish(slug, fate);
    });
  }

  function answer(frame: ReturnType<typeof controllerFrameSchema.parse>): void {
    if (frame.type === 'upgrade') upgrade(frame);
    if (frame.type === 'stored') {
      for (const { upgrade: id } of frame.streams) {
        begun.get(id)?.();
        begun.delete(id);
      }
    }
    if (frame.type === 'plan') {
      peer.send({ type: 'plan_result', request_id: frame.request_id, plan: makePlan(frame.tenant), error: null });
    }
    if (frame.type === 'plan_tenants') {
      const plans = frame.tenants.map(makePlan);
      const classes = new Map(plans.map((plan) => [planClassOf(plan), plan]));
      peer.send({
        type: 'planned',
        request_id: frame.request_id,
        classes: [...classes].map(([planClass, plan]) => ({ plan_class: planClass, plan })),
        tenants: plans.map((plan) => ({ tenant: plan.tenant, plan_class: planClassOf(plan), error: null })),
        is_last: true,
      });
    }
  }

  peer.socket.on('message', (data) => answer(controllerFrameSchema.parse(JSON.parse(frameText(data)))));
  peer.send({ type: 'streams', streams: [], is_last: true });
  return { peer, offered, finish };
}

function step(name: StepName): EventBody[] {
  return [
    { type: 'step-begin', step: name, stage: 'run' },
    { type: 'step-end', step: name, stage: 'run', status: 'ok' },
  ];
}

function endOf(fate: Fate, says: string): EventBody[] {
  const stage = 'run' as const;
  if (fate === 'success' || fate === 'run') {
    return [
      { type: 'step-end', step: 'migrate', stage, status: 'ok' },
      { type: 'finish', status: 'success', current_version: 'v0.4.0', hold: null, failure: null },
    ];
  }
  const failure = {
    step: 'migrate' as const,
    code: 'command-failed' as const,
    message: says,
    output_tail: 'Adding the authors\nline 2\nline 3\n\nline 4\n',
    needs_operator: fate === 'needs_operator',
  };
  return [
    { type: 'step-end', step: 'migrate', stage, status: 'failed', failure },
    {
      type: 'finish',
      status: fate === 'needs_operator' ? 'failed' : 'rolled_back',
      current_version: 'v0.1.0',
      hold: fate === 'needs_operator' ? 'undo-failed' : null,
      failure,
    },
  ];
}
