// A tenant has one upgrade at a time.
import type { Rule } from '../rule.js';

export const busy: Rule = {
  name: 'busy',
  prepare:
    () =>
    ({ other_upgrade: other }) =>
      other === null ? null : { rule: 'busy', text: `another upgrade of it is under way (${other})`, until: null },
};
