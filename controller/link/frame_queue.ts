// Handles the frames of all agents fairly: each agent in its order, a few milliseconds at a time, so that a flood from
// one delays only its own frames. An agent that sends faster than its rate is read more slowly; nothing is dropped.
import type { RawData } from '../../shared/wire/websocket.js';
import { controllerLimits } from '../limits.js';
import type { SocketFlow } from './socket_flow.js';

/** How long one agent's frames are handled before the next agent's, and how long all of them before other work. */
const agentMs = 3;
const roundMs = 10;

const { agentFrames, agentFrameBurst, agentBytes, agentByteBurst, unhandledBytes, unhandledFrames, handledAtOnce } =
  controllerLimits;

/** The frames of one connection. */
export interface Inbox {
  push(data: RawData): void;
  /** Forgets the frames that are not handled yet. May be called again. */
  end(): void;
}

export interface InboxOptions {
  flow: SocketFlow;
  /** Must neither throw nor reject. At most `handledAtOnce` promises are pending. */
  handle: (data: RawData) => Promise<void> | void;
}

export interface FrameQueue {
  open(options: InboxOptions): Inbox;
  /** Handles nothing more. */
  close(): void;
}

interface Box extends InboxOptions {
  frames: RawData[];
  /** The index of the next frame in `frames`. */
  at: number;
  bytes: number;
  pending: number;
  timer: NodeJS.Timeout | null;
  /** What may still be handled at once, as of `filledMs`. */
  frameTokens: number;
  byteTokens: number;
  filledMs: number;
}

/** One for all agents. */
// oxlint-disable-next-line max-lines-per-function -- a factory: its closures are the methods
export function createFrameQueue(monotonicMs: () => number): FrameQueue {
  /** The boxes with frames to handle, in the order of their next share. */
  const ready = new Set<Box>();
  let next: NodeJS.Immediate | null = null;
  let isClosed = false;

  function wake(box: Box): void {
    if (isClosed || box.timer !== null || box.at === box.frames.length || box.pending >= handledAtOnce.max) return;
    ready.add(box);
    next ??= setImmediate(runRound);
  }

  function runRound(): void {
    next = null;
    const endMs = monotonicMs() + roundMs;
    let nowMs = endMs - roundMs;
    for (const box of ready) {
      ready.delete(box);
      nowMs = handleSome(box, nowMs, Math.min(nowMs + agentMs, endMs));
      wake(box);
      if (nowMs >= endMs) break;
    }
    if (ready.size > 0) next ??= setImmediate(runRound);
  }

  /** Returns the time after it. */
  function handleSome(box: Box, sinceMs: number, endMs: number): number {
    let nowMs = sinceMs;
    for (let handled = 0; handled === 0 || nowMs < endMs; handled += 1) {
      const data = box.frames[box.at];
      if (data === undefined || box.pending >= handledAtOnce.max) break;
      const bytes = sizeOf(data);
      const delayMs = takeTokens(box, bytes, nowMs);
      if (delayMs > 0) {
        sleep(box, delayMs);
        break;
      }
      shift(box, bytes);
      const handling = box.handle(data);
      if (handling !== undefined) countPending(box, handling);
      nowMs = monotonicMs();
    }
    const isFew = box.bytes <= unhandledBytes.max / 4 && box.frames.length - box.at <= unhandledFrames.max / 4;
    if (isFew) box.flow.hold('unhandled', false);
    return nowMs;
  }

  function countPending(box: Box, handling: Promise<void>): void {
    box.pending += 1;
    void handling.then(() => endPending(box));
  }

  function endPending(box: Box): void {
    box.pending -= 1;
    wake(box);
  }

  function sleep(box: Box, delayMs: number): void {
    box.timer = setTimeout(() => {
      box.timer = null;
      wake(box);
    }, delayMs).unref();
  }

  function forget(box: Box): void {
    ready.delete(box);
    Object.assign(box, { frames: [], at: 0, bytes: 0 });
    if (box.timer !== null) clearTimeout(box.timer);
    box.timer = null;
  }

  return {
    open(options) {
      const tokens = { frameTokens: agentFrameBurst.max, byteTokens: agentByteBurst.max, filledMs: monotonicMs() };
      const box: Box = { ...options, ...tokens, frames: [], at: 0, bytes: 0, pending: 0, timer: null };
      return {
        push(data) {
          if (isClosed) return;
          box.frames.push(data);
          box.bytes += sizeOf(data);
          const isMuch = box.bytes > unhandledBytes.max || box.frames.length - box.at > unhandledFrames.max;
          if (isMuch) box.flow.hold('unhandled', true);
          wake(box);
        },
        end: () => forget(box),
      };
    },
    close() {
      isClosed = true;
      if (next !== null) clearImmediate(next);
      for (const box of ready) forget(box);
    },
  };
}

function shift(box: Box, bytes: number): void {
  box.at += 1;
  box.bytes -= bytes;
  if (box.at < box.frames.length && box.at < 4096) return;
  // Also frees the frames that are handled.
  box.frames = box.frames.slice(box.at);
  box.at = 0;
}

/** Takes a frame's tokens; or takes none, and returns how long they are missing. */
function takeTokens(box: Box, bytes: number, nowMs: number): number {
  const passedS = (nowMs - box.filledMs) / 1000;
  box.filledMs = nowMs;
  box.frameTokens = Math.min(agentFrameBurst.max, box.frameTokens + passedS * agentFrames.max);
  box.byteTokens = Math.min(agentByteBurst.max, box.byteTokens + passedS * agentBytes.max);
  const missingS = Math.max((1 - box.frameTokens) / agentFrames.max, (bytes - box.byteTokens) / agentBytes.max);
  if (missingS > 0) return Math.ceil(missingS * 1000);
  box.frameTokens -= 1;
  box.byteTokens -= bytes;
  return 0;
}

function sizeOf(data: RawData): number {
  if (Array.isArray(data)) return data.reduce((sum, part) => sum + part.length, 0);
  return data.byteLength;
}
