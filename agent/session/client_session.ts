// One client's session with the agent: it receives frames and sends answers and streams. It is independent of sockets,
// and the same for a controller and the host's operators.
import type { AgentFrame, LocalRequest, ControllerFrame, Position } from '../../shared/wire/protocol.js';
import { fromHost, type Origin } from '../store/origin.js';
import type { Scheduler } from '../scheduler/scheduler.js';
import { toErrorBody } from '../../shared/model/error_body.js';
import { upgradeRequestSchema } from '../../shared/model/request.js';

/** What clients may request. */
export type SessionScheduler = Pick<
  Scheduler,
  'plan' | 'upgrade' | 'rollback' | 'resume' | 'mark' | 'adopt' | 'cancel'
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
  const answer = createAnswer(send);
  const originOf = (frame: Exclude<Frame, { type: 'plan' | 'adopt' | 'cancel' | 'stored' }>): Origin => ({
    by,
    startWithinMs: 'start_within_ms' in frame ? frame.start_within_ms : fromHost.startWithinMs,
  });

  async function plan({ request_id, tenant, request }: Extract<Frame, { type: 'plan' }>): Promise<void> {
    const about = { type: 'plan_result', request_id } as const;
    try {
      const made = await upgrades.plan(tenant, upgradeRequestSchema.parse(request), by);
      await send({ ...about, plan: made, error: null });
    } catch (error) {
      await send({ ...about, plan: null, error: toErrorBody(error) });
    }
  }

  return {
    async handle(frame) {
      switch (frame.type) {
        case 'plan':
          return plan(frame);
        case 'upgrade':
          return answer(frame.id, async () => {
            const request = upgradeRequestSchema.parse(frame.request);
            await upgrades.upgrade(frame.id, frame.tenant, { request, origin: originOf(frame) });
            return frame.id;
          });
        case 'rollback': {
          const { id, tenant, restore_database: restoreDatabase } = frame;
          const asked = { id, restoreDatabase, origin: originOf(frame) };
          return answer(frame.request_id, () => upgrades.rollback(tenant, asked));
        }
        case 'resume': {
          const { request_id: id, tenant, accept } = frame;
          return answer(id, () => upgrades.resume(tenant, { id, accept, origin: originOf(frame) }));
        }
        case 'mark': {
          const { request_id: id, tenant, tag, phase, as, reason } = frame;
          const mark = { tag, phase, as, reason };
          return answer(id, async () => {
            await upgrades.mark(tenant, { id, mark, origin: originOf(frame) });
            return null;
          });
        }
        case 'adopt':
          return answer(frame.request_id, () => upgrades.adopt(frame.tenant, frame.from).then(() => null));
        case 'cancel': {
          const { tenant, force } = frame;
          const which = frame.id === undefined ? {} : { id: frame.id };
          return answer(frame.request_id, () => upgrades.cancel(tenant, { ...which, force, by }));
        }
        case 'stored':
          return sendStreams(frame.streams);
      }
    },
  };
}

function createAnswer(send: ClientSessionOptions['send']) {
  return async (requestId: string, work: () => Promise<string | null>): Promise<void> => {
    const about = { type: 'answer', request_id: requestId } as const;
    try {
      await send({ ...about, upgrade: await work(), error: null });
    } catch (error) {
      await send({ ...about, upgrade: null, error: toErrorBody(error) });
    }
  };
}
