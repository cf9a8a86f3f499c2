// A rollout that is paused or halted starts nothing.
import type { Rule, Wait } from '../rule.js';

/** The rules `paused` and `halted`: the state of the whole rollout. */
export const stopped: Rule = {
  name: 'paused',
  prepare({ now: { rollout } }) {
    const { state, why, id } = rollout;
    if (state === 'running') return () => null;
    const rule = state === 'halted' ? 'halted' : 'paused';
    const wait: Wait = { rule, text: why ?? `it is ${state}; \`drover rollout resume ${id}\` goes on`, until: null };
    return () => wait;
  },
};
