// A target of a wave that is not open waits for the waves before it.
import type { Rule } from '../rule.js';

export const wave: Rule = {
  name: 'wave',
  prepare({ now: { rollout }, waves: { last, holds } }) {
    const next = {
      rule: holds?.rule ?? ('wave' as const),
      text: holds?.text ?? 'its wave is about to open',
      until: holds?.until ?? null,
    };
    const later = rollout.waves.map(({ no }) => ({
      rule: 'wave' as const,
      text: `wave ${no} is not open`,
      until: null,
    }));
    return ({ wave: no }) => {
      if (no === null || no <= last) return null;
      return no === last + 1 ? next : (later[no] ?? next);
    };
  },
};
