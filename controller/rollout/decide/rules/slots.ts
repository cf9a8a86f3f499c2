// The rules about slots: so many tenants of a host, and so many of the rollout, at once.
import type { Rule } from '../rule.js';

export const hostBusy: Rule = {
  name: 'host-busy',
  prepare({ now: { rollout }, tally }) {
    const most = rollout.settings.per_host;
    return ({ host }) => {
      const open = tally.onHost.get(host) ?? 0;
      if (open < most) return null;
      return {
        rule: 'host-busy',
        text: `${host} has ${open} ${open === 1 ? 'upgrade' : 'upgrades'} under way; at most ${most} at once`,
        until: null,
      };
    };
  },
};

export const maxParallel: Rule = {
  name: 'max-parallel',
  prepare({ now: { rollout }, tally }) {
    const most = rollout.settings.max_parallel;
    const wait = { rule: 'max-parallel' as const, text: `${most} run already, which is the most at once`, until: null };
    return () => (tally.active < most ? null : wait);
  },
};
