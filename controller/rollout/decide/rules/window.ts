// Tenants start while a maintenance window is open.
import type { Rule, Wait } from '../rule.js';
import { openingAt } from '../../windows.js';

export const window: Rule = {
  name: 'window',
  prepare({ now: { rollout }, at }) {
    const { isOpen, until } = openingAt(rollout.settings.windows, at);
    if (isOpen) return () => null;
    const text =
      until === null ? 'no maintenance window opens' : `the maintenance window opens at ${until.slice(0, 16)}Z`;
    const wait: Wait = { rule: 'window', text, until };
    return () => wait;
  },
};
