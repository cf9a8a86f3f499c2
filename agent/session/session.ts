// One listener's session with the agent: frames come in, answers and streams go out. It knows nothing of sockets.
import { toAppError } from '../../shared/errors.js';
import type { AgentFrame, CommandFrame, ErrorBody } from '../../shared/protocol.js';
import { openStory } from '../upgrade/open_story.js';
import { tellStory } from '../upgrade/story.js';
import type { StateFolder } from '../upgrade/state_folder.js';
import type { Upgrades } from '../upgrade/upgrades.js';
import type { Marks } from '../upgrade/marks.js';

export interface Session {
  /** Handles a frame; what goes wrong is answered, not thrown. */
  handle(frame: CommandFrame): Promise<void>;
  close(): void;
}

export interface SessionOptions {
  upgrades: Upgrades;
  marks: Marks;
  state: StateFolder;
  /** Resolves when the frame is on its way; a slow listener holds its own streams up and nobody else's. */
  send: (frame: AgentFrame) => Promise<void>;
}

export function createSession({ upgrades, marks, state, send }: SessionOptions): Session {
  const closing = new AbortController();

  async function answer(requestId: string, work: () => Promise<string | null>): Promise<void> {
    const about = { type: 'answer', request_id: requestId } as const;
    try {
      await send({ ...about, upgrade: await work(), error: null });
    } catch (error) {
      await send({ ...about, upgrade: null, error: errorBody(error) });
    }
  }

  async function stream(upgrade: string, from: { events: number; outputs: Record<string, number> }): Promise<void> {
    const source = await openStory(state, upgrades, upgrade);
    for await (const item of tellStory(source, from, closing.signal)) {
      if (item.is === 'output') {
        const { key, at, next, text } = item;
        await send({ type: 'stream', upgrade, output: { key, at, next, text } });
      } else if (item.event.type === 'begin') {
        // The configuration holds the tenant's secrets, and stays on the host.
        await send({ type: 'stream', upgrade, event: { ...item.event, config: null } });
      } else {
        await send({ type: 'stream', upgrade, event: item.event });
      }
    }
  }

  return {
    async handle(frame) {
      switch (frame.type) {
        case 'plan': {
          const about = { type: 'plan_result', request_id: frame.request_id } as const;
          try {
            await send({ ...about, plan: await upgrades.plan(frame.tenant, frame.request), error: null });
          } catch (error) {
            await send({ ...about, plan: null, error: errorBody(error) });
          }
          return;
        }
        case 'upgrade':
          return answer(frame.id, async () => {
            await upgrades.upgrade(frame.id, frame.tenant, frame.request);
            return frame.id;
          });
        case 'rollback':
          return answer(frame.request_id, () =>
            upgrades.rollback(frame.tenant, { id: frame.id, restoreDatabase: frame.restore_database }),
          );
        case 'resume':
          return answer(frame.request_id, () => upgrades.resume(frame.tenant, { accept: frame.accept }));
        case 'cancel':
          return answer(frame.request_id, () => upgrades.cancel(frame.tenant, { force: frame.force }));
        case 'mark':
          return answer(frame.request_id, async () => {
            await marks.set(frame.tenant, frame);
            return null;
          });
        case 'stored':
          await Promise.all(
            frame.streams.map(async ({ upgrade, events, outputs }) => stream(upgrade, { events, outputs })),
          ).catch((error: unknown) => {
            if (!closing.signal.aborted) throw error;
          });
      }
    },
    close: () => closing.abort(new Error('the listener has gone')),
  };
}

function errorBody(thrown: unknown): ErrorBody {
  const { code, message, hint } = toAppError(thrown);
  return { code, message, hint: hint ?? null };
}
