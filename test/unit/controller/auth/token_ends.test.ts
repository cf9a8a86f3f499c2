// What runs for a token ends with the token.
import { describe, expect, it } from 'vitest';
import type { Asker } from '../../../../controller/auth/asker.js';
import { createTokenEnds } from '../../../../controller/auth/token_ends.js';

const asker: Asker = { token: 't1', name: 'anna', role: 'viewer', scope: null, expiresAt: null };
const day = 86_400_000;

/** A clock whose waits end when the test says so. */
function heldClock() {
  let nowMs = Date.parse('2026-01-01T00:00:00.000Z');
  const waits: { ms: number; signal: AbortSignal | undefined; release: () => void }[] = [];
  return {
    waits,
    now: () => new Date(nowMs),
    wait: (ms: number, signal?: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason));
        waits.push({
          ms,
          signal,
          release() {
            nowMs += ms;
            resolve();
          },
        });
      }),
  };
}

describe('a watched request', () => {
  it('ends when its token is revoked, and no request of another token does', () => {
    const ends = createTokenEnds(heldClock());
    const over = new AbortController();
    const [first, second] = [ends.watch(asker, over.signal), ends.watch(asker, over.signal)];
    const other = ends.watch({ ...asker, token: 't2' }, over.signal);
    ends.revoke('t1', '2026-01-01');
    expect([first.aborted, second.aborted, other.aborted]).toEqual([true, true, false]);
    expect(first.reason).toMatchObject({
      code: 'unauthorized',
      message: 'the token anna was revoked at 2026-01-01',
      hint: expect.stringContaining('drover tokens create'),
    });
  });

  it('ends when its token expires, however far that is', async () => {
    const clock = heldClock();
    const expiresAt = '2026-02-10T00:00:00.000Z';
    const signal = createTokenEnds(clock).watch({ ...asker, expiresAt }, new AbortController().signal);
    clock.waits[0]?.release();
    await expect.poll(() => clock.waits.length).toBe(2);
    // One timer cannot be so long.
    expect(clock.waits.map(({ ms }) => ms).every((ms) => ms < 2 ** 31)).toBe(true);
    expect((clock.waits[0]?.ms ?? 0) + (clock.waits[1]?.ms ?? 0)).toBe(40 * day);
    expect(signal.aborted).toBe(false);
    clock.waits[1]?.release();
    await expect.poll(() => signal.aborted).toBe(true);
    expect(signal.reason).toMatchObject({ message: `the token anna expired at ${expiresAt}` });
  });

  it('ends with its client, and waits for nothing after that', () => {
    const clock = heldClock();
    const over = new AbortController();
    const signal = createTokenEnds(clock).watch({ ...asker, expiresAt: '2026-01-02T00:00:00.000Z' }, over.signal);
    over.abort('gone');
    expect([signal.aborted, signal.reason, clock.waits[0]?.signal?.aborted]).toEqual([true, 'gone', true]);
  });
});
