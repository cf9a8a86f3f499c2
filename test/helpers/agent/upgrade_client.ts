// A test's client of an agent's socket: requests upgrades and operators' commands, and reads their whole streams.
import { uuidv7 } from 'uuidv7';
import { connectAgent, type LocalConnection } from '../../../agent/local/connect_agent.js';
import { deriveResult } from '../../../shared/model/journal/derive_result.js';
import type { Event } from '../../../shared/model/journal/events.js';
import type { UpgradeRequest } from '../../../shared/model/request.js';
import type { Plan } from '../../../shared/model/plan/plan.js';
import type { LocalRequest } from '../../../shared/wire/protocol.js';
import type { Result } from '../../../shared/model/result.js';

export interface FollowedStream {
  id: string;
  events: Event[];
  /** What each command printed, by its key. */
  outputs: Map<string, string>;
  /** True when no event and no output is missing or repeated. */
  seamless: boolean;
  result: Result;
}

type Asked = Extract<LocalRequest, { type: 'rollback' | 'cancel' | 'resume' | 'mark' }>;
type Unasked<T> = T extends unknown ? Omit<T, 'request_id' | 'tenant' | 'id'> : never;

export interface UpgradeClient {
  plan(wish?: Partial<UpgradeRequest>): Promise<Plan>;
  /** Asks for an upgrade and returns its id once the agent has answered. */
  ask(wish: Partial<UpgradeRequest>, options?: { id?: string; tenant?: string }): Promise<string>;
  /** Sends an operator's command; returns its upgrade. Throws the AppError that the agent answered. */
  command(frame: Unasked<Asked>): Promise<string>;
  /** The stream from its beginning, until it has ended for the n-th time (by default the first). */
  follow(id: string, options?: { finishes?: number; onEvent?: (event: Event) => void }): Promise<FollowedStream>;
  /** Returns once the stream holds such an event, or has ended. */
  waitFor(id: string, isIt: (event: Event) => boolean): Promise<void>;
  close(): void;
}

const noWish: UpgradeRequest = { version: null, force: false, allow_downgrade: false, from: null, commit: null };

/** Connects to the agent that listens on `socket`. */
export async function connectClient(socket: string, tenant: string): Promise<UpgradeClient> {
  const connection = await connectAgent(socket);
  if (connection === null) throw new Error(`nobody listens on ${socket}`);
  return {
    async plan(wish = {}) {
      const request = { ...noWish, ...wish };
      const answer = await connection.request({ type: 'plan', request_id: uuidv7(), tenant, request });
      if (answer.type !== 'plan_result' || answer.plan === null) throw new Error('an answer without a plan');
      return answer.plan;
    },
    async ask(wish, { id = uuidv7(), tenant: other = tenant } = {}) {
      await connection.request({ type: 'upgrade', id, tenant: other, request: { ...noWish, ...wish } });
      return id;
    },
    async command(frame) {
      const about = { request_id: uuidv7(), tenant };
      const answer = await connection.request(
        frame.type === 'rollback' ? { ...frame, ...about, id: uuidv7() } : { ...frame, ...about },
      );
      return answer.type === 'answer' ? (answer.upgrade ?? '') : '';
    },
    follow: (id, options = {}) => followStream(connection, id, options),
    async waitFor(id, isIt) {
      const stop = new AbortController();
      for await (const { item } of connection.follow(id, stop.signal)) {
        if ('event' in item && (isIt(item.event) || item.event.type === 'finish')) return;
      }
    },
    close: () => connection.close(),
  };
}

async function followStream(
  connection: LocalConnection,
  id: string,
  { finishes = 1, onEvent }: { finishes?: number; onEvent?: (event: Event) => void },
): Promise<FollowedStream> {
  const followed = { events: new Array<Event>(), outputs: new Map<string, string>(), seamless: true };
  const ends = new Map<string, number>();
  for await (const { item } of connection.follow(id, new AbortController().signal)) {
    if ('output' in item) {
      const { output } = item;
      if (output.at !== (ends.get(output.key) ?? 0)) followed.seamless = false;
      ends.set(output.key, output.next);
      followed.outputs.set(output.key, (followed.outputs.get(output.key) ?? '') + output.text);
      continue;
    }
    const { event } = item;
    followed.events.push(event);
    if (event.n !== followed.events.length) followed.seamless = false;
    onEvent?.(event);
    if (event.type === 'finish' && followed.events.filter(({ type }) => type === 'finish').length === finishes) break;
  }
  return { id, ...followed, result: deriveResult(followed.events) };
}
