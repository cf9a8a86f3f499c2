// Remembers which agents broke the protocol: one that does it again and again waits longer each time before it is
// welcome. What is remembered is bounded, and forgotten after a while.
import { controllerLimits } from '../limits.js';

const firstMs = 1000;
/** So many times cost nothing: two versions of Drover may differ for the time of an upgrade. */
const free = 2;

export interface Conduct {
  /** The agent broke the protocol. */
  blame(agent: string): void;
  /** How long the agent has to stay away from now on; 0 for one that is welcome. */
  findWaitMs(agent: string): number;
}

/** Nobody has done anything yet. */
export function createConduct(monotonicMs: () => number): Conduct {
  const blamed = new Map<string, { times: number; untilMs: number }>();
  const { blamedAgents, blameWait } = controllerLimits;
  return {
    blame(agent) {
      const nowMs = monotonicMs();
      const before = blamed.get(agent);
      // One that has stayed away for the longest wait after its own begins anew.
      const isRecent = before !== undefined && nowMs - before.untilMs < blameWait.max;
      const times = (isRecent ? before.times : 0) + 1;
      const waitMs = times <= free ? 0 : Math.min(firstMs * 2 ** (times - free - 1), blameWait.max);
      // The latest stands last, so that the first is the one to forget.
      blamed.delete(agent);
      blamed.set(agent, { times, untilMs: nowMs + waitMs });
      const [oldest] = blamed.keys();
      if (blamed.size > blamedAgents.max && oldest !== undefined) blamed.delete(oldest);
    },
    findWaitMs: (agent) => Math.max(0, (blamed.get(agent)?.untilMs ?? 0) - monotonicMs()),
  };
}
