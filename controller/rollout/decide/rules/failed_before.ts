// A tenant that has failed at this commit is not tried again until somebody says that what made it fail is mended.
import type { Rule } from '../rule.js';

export const failedBefore: Rule = {
  name: 'failed-before',
  prepare:
    ({ now: { rollout } }) =>
    ({ failed_before: signature, slug }) =>
      signature === null
        ? null
        : {
            rule: 'failed-before',
            // Signatures are long, and what is shown may be cut.
            text: `it has failed at this commit before: \`drover rollout retry ${rollout.id} ${slug} --fixed\` once that is mended (${signature})`,
            until: null,
          },
};
