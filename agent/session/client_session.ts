// One client's session with the agent: it receives frames and sends answers and streams. It is independent of sockets,
// and the same for a controller and the host's operators.
import type { AgentFrame, LocalRequest, ControllerFrame, Position } from '../../shared/wire/protocol.js';
import { forOutside } from '../../shared/errors.js';
import type { Origin } from '../store/origin.js';
import type { Scheduler } from '../scheduler/scheduler.js';
import { toErrorBody } from '../../shared/model/error_body.js';
import { upgradeRequestSchema } from '../../shared/model/request.js';
import { doOnce, requestIdOf, type Answered, type Once } from './do_once.js';

/** What clients may request. */
export type SessionScheduler = Pick<
  Scheduler,
  'plan' | 'upgrade' | 'rollback' | 'resume' | 'mark' | 'adopt' | 'cancel' | 'findFirst'
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
}

/** A session for any client. */
export function createClientSession({ by, upgrades, send, sendStreams }: ClientSessionOptions): ClientSession {
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
            await upgrades.upgrade(id, frame.tenant, { request, origin });
            return id;
          });
        case 'rollback': {
          const { tenant, restore_database: restoreDatabase } = frame;
          return once({ frame, wish: { restoreDatabase } }, (id, origin) =>
            upgrades.rollback(tenant, { id, restoreDatabase, origin }),
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
          const { tenant, force } = frame;
          const which = frame.id === undefined ? {} : { id: frame.id };
          return answer(frame.request_id, async () => ({
            upgrade: await upgrades.cancel(tenant, { ...which, force, by }),
          }));
        }
        case 'plan_tenants':
        case 'plan_stop':
          return;
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
