// One client's session with the agent: it receives frames and sends answers and streams. It is independent of sockets,
// and the same for a controller and the host's operators.
import type { AgentFrame, LocalRequest, ControllerFrame, Position } from '../../shared/wire/protocol.js';
import type { Marks } from '../scheduler/marks.js';
import { fromHost, type Origin } from '../store/origin.js';
import type { Scheduler } from '../scheduler/scheduler.js';
import { toErrorBody } from '../../shared/model/error_body.js';
import { upgradeRequestSchema } from '../../shared/model/request.js';

/** What both operators on the host and controllers may request. */
export type SessionScheduler = Pick<Scheduler, 'plan' | 'upgrade' | 'rollback' | 'cancel'>;
type Both = 'plan' | 'upgrade' | 'rollback' | 'cancel' | 'stored';
type SharedFrame = Extract<LocalRequest | ControllerFrame, { type: Both }>;

export interface ClientSession<Frame> {
  /** Handles a frame. An error becomes the answer; only the frame `stored` has no answer and throws. */
  handle(frame: Frame): Promise<void>;
}

export interface ClientSessionOptions {
  by: Origin['by'];
  upgrades: SessionScheduler;
  /** Resolves when the socket has taken the frame; a slow client delays only its own streams. */
  send: (frame: AgentFrame) => Promise<void>;
  /** Sends the stream after these positions. */
  sendStreams: (positions: readonly Position[]) => Promise<void>;
}

/** A session for any client. */
export function createClientSession({
  by,
  upgrades,
  send,
  sendStreams,
}: ClientSessionOptions): ClientSession<SharedFrame> {
  const answer = createAnswer(send);
  const originOf = (frame: Extract<SharedFrame, { type: 'upgrade' | 'rollback' }>): Origin => ({
    by,
    startWithinMs: 'start_within_ms' in frame ? frame.start_within_ms : fromHost.startWithinMs,
  });
  return {
    async handle(frame) {
      switch (frame.type) {
        case 'plan': {
          const about = { type: 'plan_result', request_id: frame.request_id } as const;
          try {
            const plan = await upgrades.plan(frame.tenant, upgradeRequestSchema.parse(frame.request), by);
            await send({ ...about, plan, error: null });
          } catch (error) {
            await send({ ...about, plan: null, error: toErrorBody(error) });
          }
          return;
        }
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

/** An operator's session: adds the requests that only operators on the host may send. */
export function createOperatorSession(
  options: Omit<ClientSessionOptions, 'by' | 'upgrades'> & { upgrades: Scheduler; marks: Marks },
): ClientSession<LocalRequest> {
  const { upgrades, marks, send } = options;
  const shared = createClientSession({ ...options, by: 'host' });
  const answer = createAnswer(send);
  return {
    async handle(frame) {
      if (frame.type === 'resume') {
        return answer(frame.request_id, () => upgrades.resume(frame.tenant, { accept: frame.accept }));
      }
      if (frame.type !== 'mark') return shared.handle(frame);
      return answer(frame.request_id, async () => {
        await marks.set(frame.tenant, frame);
        return null;
      });
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
