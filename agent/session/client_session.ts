// One client's session with the agent: it receives frames and sends answers and streams. It is independent of sockets,
// and the same for a controller and the host's operators.
import type {
  AgentFrame,
  LocalRequest,
  ControllerFrame,
  ControllerFrameOf,
  Position,
} from '../../shared/wire/protocol.js';
import { forOutside } from '../../shared/errors.js';
import type { Origin } from '../store/origin.js';
import type { Scheduler } from '../scheduler/scheduler.js';
import { toErrorBody } from '../../shared/model/error_body.js';
import { upgradeRequestSchema } from '../../shared/model/request.js';
import { createPlannedFrames } from './planned_frames.js';
import { doOnce, requestIdOf, type Answered, type Once } from './do_once.js';

/** What clients may request. */
export type SessionScheduler = Pick<
  Scheduler,
  'plan' | 'planTenants' | 'upgrade' | 'rollback' | 'resume' | 'mark' | 'adopt' | 'cancel' | 'findFirst'
>;
type Frame = Exclude<LocalRequest | ControllerFrame, { type: 'welcome' }>;

export interface ClientSession {
  /** Handles a frame. An error becomes the answer; only the frame `stored` has no answer and throws. */
  handle(frame: Frame): Promise<void>;
}

export interface ClientSessionOptions {
  /** An operator on the host may do everything; the scheduler refuses a controller what the tenant's file does not allow. */
  by: Origin['by'];
  upgrades: SessionScheduler;
  /** Resolves when the socket has taken the frame; a slow client delays only its own streams. */
  send: (frame: AgentFrame) => Promise<void>;
  /** Sends the stream after these positions. */
  sendStreams: (positions: readonly Position[]) => Promise<void>;
  /** Aborted when the client has gone: what it still waits for ends. */
  signal: AbortSignal;
}

/** A session for any client. */
export function createClientSession(options: ClientSessionOptions): ClientSession {
  const { by, upgrades, send, sendStreams } = options;
  const plans = createTenantPlans(options);
  const answer = createAnswer({ by, send });
  const once = (asked: Once, work: Parameters<typeof doOnce>[2]) =>
    answer(requestIdOf(asked.frame), () => doOnce({ by, upgrades }, asked, work));

  return {
    async handle(frame) {
      switch (frame.type) {
        case 'plan':
          return answerPlan({ by, upgrades, send }, frame);
        case 'upgrade':
          return once({ frame, wish: frame.request }, async (id, origin) => {
            const request = upgradeRequestSchema.parse(frame.request);
            const { plan_class, rollout } = 'plan_class' in frame || 'rollout' in frame ? frame : {};
            await upgrades.upgrade(id, frame.tenant, { request, plan_class, origin: { ...origin, rollout } });
            return id;
          });
        case 'rollback': {
          const { tenant, restore_database: restoreDatabase } = frame;
          const only = 'only' in frame ? frame.only : undefined;
          return once({ frame, wish: { restoreDatabase } }, (id, origin) =>
            upgrades.rollback(tenant, { id, restoreDatabase, only, origin }),
          );
        }
        case 'resume': {
          const { tenant, accept } = frame;
          return once({ frame, wish: { accept } }, (id, origin) => upgrades.resume(tenant, { id, accept, origin }));
        }
        case 'mark': {
          const { tenant, tag, phase, as, reason } = frame;
          const mark = { tag, phase, as, reason };
          return once({ frame, wish: mark }, async (id, origin) => {
            await upgrades.mark(tenant, { id, mark, origin });
            return null;
          });
        }
        case 'adopt':
          return answer(frame.request_id, async () => {
            await upgrades.adopt(frame.tenant, frame.from);
            return { upgrade: null };
          });
        case 'cancel': {
          const { tenant, id, force } = frame;
          const unbegun = 'unbegun' in frame && frame.unbegun;
          return answer(frame.request_id, async () => ({
            upgrade: await upgrades.cancel(tenant, { id, force, unbegun, by }),
          }));
        }
        case 'plan_tenants':
          return plans.begin(frame);
        case 'plan_stop':
          return plans.stop(frame.request_id);
        case 'stored':
          return sendStreams(frame.streams);
      }
    },
  };
}

async function answerPlan(
  { by, upgrades, send }: Pick<ClientSessionOptions, 'by' | 'upgrades' | 'send'>,
  { request_id, tenant, request }: Extract<Frame, { type: 'plan' }>,
): Promise<void> {
  const about = { type: 'plan_result', request_id } as const;
  try {
    const made = await upgrades.plan(tenant, upgradeRequestSchema.parse(request), by);
    await send({ ...about, plan: made, error: null });
  } catch (error) {
    await send({ ...about, plan: null, error: tell(by, error) });
  }
}

/** Plans of many tenants: one request at a time; the next one, or a stop, ends it. */
function createTenantPlans({ by, upgrades, send, signal: session }: ClientSessionOptions) {
  let current: { request_id: string; ending: AbortController } | null = null;
  return {
    async begin({ request_id, tenants, request }: ControllerFrameOf<'plan_tenants'>): Promise<void> {
      current?.ending.abort(new Error('another request follows'));
      const own = { request_id, ending: new AbortController() };
      current = own;
      const signal = AbortSignal.any([session, own.ending.signal]);
      const frames = createPlannedFrames({ request_id, send, tell: (error) => tell(by, error), signal });
      try {
        const asked = { tenants, request: upgradeRequestSchema.parse(request), by };
        await upgrades.planTenants(asked, { sink: frames, signal });
        await frames.end();
      } catch (error) {
        if (signal.aborted) return;
        await send({ type: 'answer', request_id, upgrade: null, error: tell(by, error) });
      } finally {
        if (current === own) current = null;
      }
    },
    stop(requestId: string): void {
      if (current?.request_id === requestId) current.ending.abort(new Error('it was stopped'));
    },
  };
}

/** To a controller no error names other tenants. */
const tell = (by: Origin['by'], error: unknown) => toErrorBody(by === 'controller' ? forOutside(error) : error);

function createAnswer({ by, send }: Pick<ClientSessionOptions, 'by' | 'send'>) {
  return async (requestId: string, work: () => Promise<Answered>): Promise<void> => {
    const about = { type: 'answer', request_id: requestId } as const;
    try {
      await send({ ...about, ...(await work()), error: null });
    } catch (error) {
      await send({ ...about, upgrade: null, error: tell(by, error) });
    }
  };
}
