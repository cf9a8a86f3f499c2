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
            text: `it has failed at this commit before (${signature}); once that is mended: \`drover rollout retry ${rollout.id} ${slug} --fixed\``,
            until: null,
          },
};
