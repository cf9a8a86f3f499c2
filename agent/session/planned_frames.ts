// Groups what is planned for a request into frames `planned`: each class with one of its plans, once a request.
import type { AgentFrame, AgentFrameOf } from '../../shared/wire/protocol.js';
import type { ErrorBody } from '../../shared/model/error_body.js';
import { planClassOf } from '../../shared/model/plan/plan_class.js';
import { jsonBytes } from '../../shared/model/text.js';
import type { PlannedSink, PlannedTenant } from '../scheduler/plan_tenants.js';

/** A frame is sent once it has as many bytes: other frames go between. A single plan may be larger. */
const frameBytes = 200_000;
/** And once it has as many tenants, so that the other side sees how far the request is. */
const frameTenants = 25;

export interface PlannedFrames extends PlannedSink {
  /** Sends the rest, as the last frame of the request. */
  end(): Promise<void>;
}

type Planned = AgentFrameOf<'planned'>;

/** The frames of one request. Nothing is sent once the signal is aborted. */
export function createPlannedFrames({
  request_id,
  send,
  tell,
  signal,
}: {
  request_id: string;
  /** Resolves when the socket has taken the frame. */
  send: (frame: AgentFrame) => Promise<void>;
  /** What the other side may know of an error. */
  tell: (error: unknown) => ErrorBody;
  signal: AbortSignal;
}): PlannedFrames {
  const known = new Set<string>();
  let next: Pick<Planned, 'classes' | 'tenants'> = { classes: [], tenants: [] };
  let bytes = 0;
  let sent = Promise.resolve();

  /** What is in the frame is decided now; the frames go out one by one. */
  function sendNext(is_last: boolean): Promise<void> {
    const frame: Planned = { type: 'planned', request_id, ...next, is_last };
    next = { classes: [], tenants: [] };
    bytes = 0;
    const before = sent;
    const sendAfter = async () => {
      await before;
      signal.throwIfAborted();
      await send(frame);
    };
    sent = sendAfter();
    return sent;
  }

  function describe(planned: PlannedTenant): Pick<Planned, 'classes' | 'tenants'> {
    const { tenant } = planned;
    if ('error' in planned) {
      return { classes: [], tenants: [{ tenant, plan_class: null, error: tell(planned.error) }] };
    }
    const { plan } = planned;
    const plan_class = planClassOf(plan);
    const classes = known.has(plan_class) ? [] : [{ plan_class, plan }];
    known.add(plan_class);
    return { classes, tenants: [{ tenant, plan_class, error: null }] };
  }

  return {
    async add(planned) {
      const { classes, tenants } = describe(planned);
      const size = jsonBytes([classes, tenants]);
      if (next.tenants.length > 0 && bytes + size > frameBytes) void sendNext(false).catch(() => undefined);
      next.classes.push(...classes);
      next.tenants.push(...tenants);
      bytes += size;
      if (bytes >= frameBytes || next.tenants.length >= frameTenants) void sendNext(false).catch(() => undefined);
      return sent;
    },
    flush: () => (next.tenants.length === 0 ? sent : sendNext(false)),
    end: () => sendNext(true),
  };
}
