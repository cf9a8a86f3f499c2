// An agent in memory for tests of the controller: it keeps journals as a host does, and runs each upgrade as the test says.
import { WebSocket } from 'ws';
import type { Event, EventBody, EventOf } from '../../../shared/model/journal/events.js';
import type { ErrorBody } from '../../../shared/model/error_body.js';
import { planClassOf } from '../../../shared/model/plan/plan_class.js';
import type { AgentFrame, ControllerFrame, ControllerFrameOf } from '../../../shared/wire/protocol.js';
import type { JoinPlace } from './join_host.js';
import { makeReport, memberOf, openPeer, reportedTenant, type PeerHost, type ProtocolPeer } from './protocol_peer.js';
import { makePlan, previousVersion, targetVersion } from './simulated_plans.js';
import { refuse, stepName, type Attempt, type Ending, type Gated, type Seen } from './simulated_attempts.js';
import { createSimulatedStreams } from './simulated_streams.js';

export interface SimulatedTenant {
  slug: string;
  version: string;
  /** Of its plan: tenants of one kind are of one class. */
  kind: string;
  labels: Record<string, string>;
  /** The commit that its remote has for each tag, where it is another one. */
  commit?: string;
}

export interface SimulatedAgentOptions {
  host: string;
  tenants: SimulatedTenant[];
  /** Called with each thing that happens. */
  onSeen: (seen: Seen) => void;
  /** Resolves when an upgrade of this tenant may begin, or end; or when this host may announce what it did. */
  pass: (what: Gated, name: string) => Promise<void>;
  howItEnds: (attempt: Attempt) => Ending;
}

export interface SimulatedAgent {
  readonly host: string;
  readonly tenants: readonly SimulatedTenant[];
  readonly journals: ReadonlyMap<string, readonly Event[]>;
  /** Connects, and tells all that it has. */
  connect(place: JoinPlace): Promise<void>;
  /** Cuts the connection: nothing that is under way arrives. */
  cut(): void;
}

// oxlint-disable-next-line max-lines-per-function -- a factory: its closures are the methods
export function createSimulatedAgent(options: SimulatedAgentOptions): SimulatedAgent {
  const { host, tenants, onSeen, pass, howItEnds } = options;
  const journals = new Map<string, Event[]>();
  const queued = new Map<string, ControllerFrameOf<'upgrade'>>();
  const cancelled = new Set<string>();
  let peer: ProtocolPeer | null = null;
  let member: PeerHost | null = null;
  /** Counts: only the frames of the last one are taken. */
  let connection = 0;
  const send = (frame: AgentFrame) => peer?.socket.readyState === WebSocket.OPEN && peer.send(frame);
  const streams = createSimulatedStreams(journals, send);

  const find = (slug: string) => tenants.find((tenant) => tenant.slug === slug);
  const planOf = (tenant: SimulatedTenant, version: string | null) =>
    makePlan({ ...tenant, host, current: tenant.version, version: version ?? targetVersion });
  const report = () =>
    send(makeReport(tenants.map(({ slug, version, labels }) => reportedTenant(slug, { version, labels }))));
  const see = (
    what: Seen['what'],
    { id, tenant, rollout }: Pick<ControllerFrameOf<'upgrade'>, 'id' | 'tenant' | 'rollout'>,
  ) => onSeen({ what, host, slug: tenant, id, rollout: rollout?.id ?? null, attempt: rollout?.attempt ?? 0 });

  function append(id: string, body: EventBody): void {
    const events = journals.get(id) ?? [];
    journals.set(id, events);
    events.push({ n: events.length + 1, at: new Date().toISOString(), ...body });
    streams.tell(id);
  }

  function answer(request_id: string, upgrade: string | null, error: ErrorBody | null = null): void {
    send({ type: 'answer', request_id, upgrade, error });
  }

  function begin({
    id,
    tenant: slug,
    request,
    plan_class,
    rollout,
  }: ControllerFrameOf<'upgrade'>): EventOf<'begin'> | null {
    const tenant = find(slug);
    if (tenant === undefined) return null;
    const plan = planOf(tenant, request.version);
    append(id, {
      type: 'begin',
      version: 1,
      id,
      tenant: slug,
      host,
      request,
      ...(rollout === undefined ? {} : { rollout }),
      ...(plan_class === undefined ? {} : { plan_class }),
      plan,
      current_version: tenant.version,
      config: null,
    });
    const [event] = journals.get(id) ?? [];
    return event?.type === 'begin' ? event : null;
  }

  function finish(
    id: string,
    {
      status,
      failure,
    }: Exclude<Ending, 'success'> | { status: 'success' | 'cancelled' | 'rolled_back'; failure: null },
    version: string,
  ): void {
    append(id, { type: 'finish', status, current_version: version, hold: null, failure });
  }

  async function run(frame: ControllerFrameOf<'upgrade'>): Promise<void> {
    const { id, tenant: slug, rollout } = frame;
    const attempt: Attempt = { slug, host, id, attempt: rollout?.attempt ?? 0 };
    await pass('begin', slug);
    const tenant = find(slug);
    if (!queued.delete(id) || tenant === undefined) return;
    see('begin', frame);
    const begun = begin(frame);
    const refusal = begun === null ? null : refuse(begun);
    if (refusal !== null) {
      finish(id, { status: 'refused', failure: refusal }, tenant.version);
      return see('end', frame);
    }
    append(id, { type: 'step-begin', step: stepName, stage: 'run' });
    await pass('end', slug);
    const ending = howItEnds(attempt);
    append(id, { type: 'step-end', step: stepName, stage: 'run', status: ending === 'success' ? 'ok' : 'failed' });
    if (ending === 'success') {
      tenant.version = begun?.plan?.target?.version ?? tenant.version;
      report();
      finish(id, { status: 'success', failure: null }, tenant.version);
    } else finish(id, ending, tenant.version);
    see('end', frame);
  }

  function offer(frame: ControllerFrameOf<'upgrade'>): void {
    const { id } = frame;
    see('offer', frame);
    if (cancelled.has(id)) return answer(id, null, { code: 'cancelled', message: 'it was cancelled', hint: null });
    answer(id, id);
    if (journals.has(id)) return streams.tell(id);
    if (queued.has(id)) return;
    queued.set(id, frame);
    void run(frame);
  }

  function cancel({ id, request_id, unbegun }: ControllerFrameOf<'cancel'>): void {
    const waiting = queued.get(id);
    if (waiting !== undefined) {
      queued.delete(id);
      see('withdrawn', waiting);
      const begun = begin(waiting);
      append(id, { type: 'cancel', force: false });
      finish(id, { status: 'cancelled', failure: null }, begun?.current_version ?? previousVersion);
      return answer(request_id, id);
    }
    if (!journals.has(id)) {
      cancelled.add(id);
      return answer(request_id, null);
    }
    const why = unbegun === true ? 'it has begun, and goes on' : 'it has ended already';
    answer(request_id, null, { code: 'nothing-to-do', message: why, hint: null });
  }

  function rollBack({ id, request_id, tenant: slug, restore_database }: ControllerFrameOf<'rollback'>): void {
    const tenant = find(slug);
    const last = [...journals].findLast(([, events]) => {
      const [first, end] = [events[0], events.at(-1)];
      return first?.type === 'begin' && first.tenant === slug && end?.type === 'finish' && end.status === 'success';
    });
    if (last === undefined || tenant === undefined) {
      return answer(request_id, null, { code: 'nothing-to-do', message: 'it has no upgrade to roll back', hint: null });
    }
    const [upgrade, events] = last;
    if (events.some((event) => event.type === 'rollback' && event.id === id)) return answer(request_id, upgrade);
    onSeen({ what: 'rollback', host, slug, id: upgrade, rollout: null, attempt: 0 });
    answer(request_id, upgrade);
    append(upgrade, { type: 'rollback', id, restore_database });
    append(upgrade, { type: 'step-begin', step: stepName, stage: 'undo' });
    append(upgrade, { type: 'step-end', step: stepName, stage: 'undo', status: 'ok' });
    tenant.version = previousVersion;
    report();
    finish(upgrade, { status: 'rolled_back', failure: null }, tenant.version);
  }

  function planAll({ request_id, tenants: slugs, request }: ControllerFrameOf<'plan_tenants'>): void {
    const plans = slugs.flatMap((slug) => {
      const tenant = find(slug);
      return tenant === undefined ? [] : [planOf(tenant, request.version)];
    });
    const classes = new Map(plans.map((plan) => [planClassOf(plan), plan]));
    send({
      type: 'planned',
      request_id,
      classes: [...classes].map(([plan_class, plan]) => ({ plan_class, plan })),
      tenants: plans.map((plan) => ({ tenant: plan.tenant, plan_class: planClassOf(plan), error: null })),
      is_last: true,
    });
  }

  function take(frame: ControllerFrame): void {
    if (frame.type === 'upgrade') offer(frame);
    else if (frame.type === 'cancel') cancel(frame);
    else if (frame.type === 'rollback') rollBack(frame);
    else if (frame.type === 'plan_tenants') planAll(frame);
    else if (frame.type === 'stored') streams.send(frame.streams);
    else if (frame.type === 'plan') {
      const tenant = find(frame.tenant);
      const plan = tenant === undefined ? null : planOf(tenant, frame.request.version);
      send({ type: 'plan_result', request_id: frame.request_id, plan, error: null });
    }
  }

  return {
    host,
    tenants,
    journals,
    async connect(place) {
      // A host joins once, also where a later controller has the same store.
      member ??= await memberOf(place, host);
      connection += 1;
      const no = connection;
      const onFrame = (frame: ControllerFrame) => (no === connection ? take(frame) : undefined);
      const own = await openPeer({ url: place.url, onFrame });
      await own.hello(member);
      streams.reset();
      peer = own;
      await own.next('welcome');
      report();
      void pass('announce', host).then(() => (no === connection ? streams.announceAll() : undefined));
    },
    cut() {
      connection += 1;
      peer?.socket.terminate();
      peer = null;
    },
  };
}
