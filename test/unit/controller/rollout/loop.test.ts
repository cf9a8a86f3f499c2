import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startRolloutLoop, type LoopOptions } from '../../../../controller/rollout/loop.js';
import { createNotifier } from '../../../../shared/os/notifier.js';
import { systemClock } from '../../../../shared/os/clock.js';
import { collectLog } from '../../../helpers/collect_log.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const places = () => ({
  delivery: { send: () => undefined },
  fleetView: {
    isConnected: () => true,
    of: () => ({ host: () => ({ isConnected: true, since: null, wasAway: false, hasCaughtUp: true }) }),
  },
  notifier: createNotifier(),
  clock: { ...systemClock, wait: (ms: number) => new Promise<void>((resolve) => void setTimeout(resolve, ms)) },
  makeId: () => 'id',
});

/** Of the store the loop uses these two alone. */
function startLoop(store: Pick<LoopOptions['store'], 'listOpen' | 'step'>, log = collectLog()) {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the rest of the store is not called
  return startRolloutLoop({ ...places(), log, store: store as LoopOptions['store'] });
}

describe('the loop of the rollouts', () => {
  it('steps the others where one cannot be stepped, says which, and tries it again', async () => {
    const stepped: string[] = [];
    const log = collectLog();
    const step = async (id: string) => {
      stepped.push(id);
      if (id === 'bad') throw new Error('the disk is full');
      return null;
    };
    const loop = startLoop({ listOpen: async () => ['bad', 'good'], step }, log);
    await vi.advanceTimersByTimeAsync(0);
    expect(stepped).toEqual(['bad', 'good']);
    expect(log.lines).toMatchObject([{ fields: { rollout: 'bad' } }]);
    await vi.advanceTimersByTimeAsync(1500);
    expect(stepped).toEqual(['bad', 'good', 'bad', 'good']);
    await loop.stop();
  });

  it('looks again within a minute, for a clock that is set moves every moment that it waits for', async () => {
    let looks = 0;
    const listOpen = async () => {
      looks += 1;
      return [];
    };
    const loop = startLoop({ listOpen, step: async () => null });
    await vi.advanceTimersByTimeAsync(0);
    expect(looks).toBe(1);
    await vi.advanceTimersByTimeAsync(61_000);
    expect(looks).toBe(2);
    await loop.stop();
  });
});
