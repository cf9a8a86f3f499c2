// The pauses between attempts to connect.
import { describe, expect, it } from 'vitest';
import { backOff } from '../../../../agent/uplink/reconnect_pause.js';

const ceilings = (count: number) => {
  let failed = 0;
  return Array.from({ length: count }, () => {
    const pause = backOff({ failed, connectedMs: 0 }, 1);
    failed = pause.failed;
    return pause.delayMs;
  });
};

describe('the back-off', () => {
  it('doubles its ceiling from 1 s to 30 s', () => {
    expect(ceilings(8)).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  });

  it('spreads over the whole of it', () => {
    expect(backOff({ failed: 3, connectedMs: 0 }, 0).delayMs).toBe(0);
    expect(backOff({ failed: 3, connectedMs: 0 }, 0.25).delayMs).toBe(2000);
  });

  it('begins anew only after a connection that lasted', () => {
    expect(backOff({ failed: 6, connectedMs: 29_999 }, 1).delayMs).toBe(30_000);
    expect(backOff({ failed: 6, connectedMs: 30_000 }, 1)).toEqual({ delayMs: 1000, failed: 1 });
  });
});
