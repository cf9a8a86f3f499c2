// A flood from one agent waits at its rate, and delays nobody else. The clock is the tests'.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { controllerLimits } from '../../../../controller/limits.js';
import { createFrameQueue } from '../../../../controller/link/frame_queue.js';

const { agentFrames, agentFrameBurst, agentBytes, agentByteBurst } = controllerLimits;
const { unhandledBytes, unhandledFrames, handledAtOnce } = controllerLimits;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const oneByte = Buffer.alloc(1);
/** Lets a millisecond pass. */
const takeTime = () => void vi.setSystemTime(Date.now() + 1);

/** A queue, and inboxes that count what is handled of them. */
function openQueue() {
  const queue = createFrameQueue(() => Date.now());
  const handled: string[] = [];
  const open = (agent: string, handle: () => Promise<void> | void = () => undefined) => {
    const held: boolean[] = [];
    const inbox = queue.open({
      flow: { hold: (_what, isHeld) => held.push(isHeld) },
      handle() {
        handled.push(agent);
        return handle();
      },
    });
    const push = (count: number, frame = oneByte) => {
      for (let at = 0; at < count; at += 1) inbox.push(frame);
    };
    return { push, held, end: () => inbox.end() };
  };
  return { queue, handled, open };
}

describe('the frames of one agent', () => {
  it('are handled at once up to the burst, and then at the rate', () => {
    const { handled, open } = openQueue();
    const flooding = open('a');
    // The time before the flood adds nothing to it.
    vi.advanceTimersByTime(60_000);
    flooding.push(agentFrameBurst.max + 3 * agentFrames.max);
    vi.advanceTimersByTime(0);
    expect(handled).toHaveLength(agentFrameBurst.max);
    vi.advanceTimersByTime(1000);
    expect(handled.length).toBeGreaterThan(agentFrameBurst.max + agentFrames.max - 10);
    expect(handled.length).toBeLessThan(agentFrameBurst.max + agentFrames.max + 10);
    vi.advanceTimersByTime(2000);
    expect(handled).toHaveLength(agentFrameBurst.max + 3 * agentFrames.max);
  });

  it('count by their size as well', () => {
    const { handled, open } = openQueue();
    const sizeBytes = 1024 ** 2;
    const [burst, rate] = [agentByteBurst.max / sizeBytes, agentBytes.max / sizeBytes];
    open('a').push(burst + 3 * rate, Buffer.alloc(sizeBytes));
    vi.advanceTimersByTime(0);
    expect(handled).toHaveLength(burst);
    vi.advanceTimersByTime(1000);
    expect(handled.length).toBeGreaterThanOrEqual(burst + rate - 1);
    expect(handled.length).toBeLessThanOrEqual(burst + rate);
  });

  it('wait while so many of them are being handled', async () => {
    const { handled, open } = openQueue();
    const ends: (() => void)[] = [];
    open('a', () => new Promise<void>((resolve) => ends.push(resolve))).push(handledAtOnce.max + 5);
    await vi.advanceTimersByTimeAsync(0);
    expect(handled).toHaveLength(handledAtOnce.max);
    ends[0]?.();
    await vi.advanceTimersByTimeAsync(0);
    expect(handled).toHaveLength(handledAtOnce.max + 1);
  });

  it('stop the reading of its socket once too many wait, until few are left', () => {
    const { open } = openQueue();
    const [many, large] = [open('a'), open('b')];
    many.push(unhandledFrames.max);
    large.push(1, Buffer.alloc(unhandledBytes.max));
    expect([many.held, large.held]).toEqual([[], []]);
    many.push(1);
    large.push(1);
    expect([many.held, large.held]).toEqual([[true], [true]]);
    vi.advanceTimersByTime(0);
    expect([many.held.at(-1), large.held.at(-1)]).toEqual([false, false]);
  });

  it('are forgotten with its connection, and all of them with the queue', () => {
    const { queue, handled, open } = openQueue();
    const [gone, other] = [open('gone'), open('other')];
    gone.push(5);
    gone.end();
    other.push(1);
    vi.advanceTimersByTime(0);
    expect(handled).toEqual(['other']);
    other.push(5);
    queue.close();
    other.push(5);
    vi.advanceTimersByTime(10_000);
    expect(handled).toEqual(['other']);
  });
});

it('handles the frames of others between those of one that floods', () => {
  const { handled, open } = openQueue();
  const [flooding, quiet] = [open('flooding', takeTime), open('quiet', takeTime)];
  flooding.push(1000);
  quiet.push(1);
  vi.advanceTimersToNextTimer();
  expect(handled.indexOf('quiet')).toBeGreaterThan(0);
  expect(handled.indexOf('quiet')).toBeLessThan(10);
  // Other work of the controller comes between two rounds.
  expect(handled.length).toBeLessThan(20);
});
