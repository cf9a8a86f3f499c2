// A freeze holds the starts of its tenants.
import type { Rule } from '../rule.js';

export const frozen: Rule = {
  name: 'frozen',
  prepare:
    ({ now: { next_freeze_at: until } }) =>
    ({ frozen_by: name, slug }) =>
      name === null
        ? null
        : {
            rule: 'frozen',
            text: `the freeze ${name}; \`drover freeze except ${name} ${slug}\` lets it through`,
            until,
          },
};
