// Agents that break the protocol wait, each for itself.
import { describe, expect, it } from 'vitest';
import { controllerLimits } from '../../../../controller/limits.js';
import { createConduct } from '../../../../controller/link/conduct.js';

const { blameWait, blamedAgents } = controllerLimits;

function openConduct() {
  let nowMs = 0;
  const conduct = createConduct(() => nowMs);
  /** The waits after so many more breaches of the protocol. */
  const breach = (agent: string, times: number) =>
    Array.from({ length: times }, () => {
      conduct.blame(agent);
      return conduct.findWaitMs(agent);
    });
  return { conduct, breach, pass: (ms: number) => void (nowMs += ms) };
}

describe('an agent that breaks the protocol', () => {
  it('stays away for longer each time, up to the longest wait', () => {
    const { conduct, breach } = openConduct();
    expect(breach('a', 5)).toEqual([0, 0, 1000, 2000, 4000]);
    expect(breach('a', 100).at(-1)).toBe(blameWait.max);
    expect(conduct.findWaitMs('b')).toBe(0);
  });

  it('is welcome after its wait, and begins anew once it has kept to it for the longest', () => {
    const { conduct, breach, pass } = openConduct();
    breach('a', 3);
    pass(1000);
    expect(conduct.findWaitMs('a')).toBe(0);
    expect(breach('a', 1)).toEqual([2000]);
    pass(2000 + blameWait.max);
    expect(breach('a', 3)).toEqual([0, 0, 1000]);
  });

  it('is forgotten when too many others came after it, and the latest is not', () => {
    const { conduct, breach } = openConduct();
    breach('first', 3);
    breach('second', 3);
    breach('first', 1);
    for (let other = 0; other < blamedAgents.max - 1; other += 1) conduct.blame(`other-${other}`);
    expect([conduct.findWaitMs('first'), conduct.findWaitMs('second')]).toEqual([2000, 0]);
  });
});
