// A tenant has one upgrade at a time, and one whose attempts end at once is not offered over and over.
import type { StoredTarget } from '../../../store/rollouts.js';
import type { Rule } from '../rule.js';

/** So many attempts follow each other at once; each of the next ones waits twice as long as the one before. */
const quickAttempts = 3;
const longestS = 3600;

export const busy: Rule = {
  name: 'busy',
  prepare:
    ({ at }) =>
    (target) => {
      const { other_upgrade: other, host, attempt } = target;
      if (other !== null) return { rule: 'busy', text: `another upgrade of it is under way (${other})`, until: null };
      const until = findNextTry(target);
      if (until === null || until <= at) return null;
      const text = `${host} has not begun any of its ${attempt} attempts; the next one is at ${until.slice(0, 16)}Z`;
      return { rule: 'busy', text, until };
    },
};

/** ISO 8601; null for one that has no ended attempt, or whose last one was withdrawn here. */
function findNextTry({ attempt, ended_at: endedAt, is_withdrawn: isWithdrawn }: StoredTarget): string | null {
  if (endedAt === null || isWithdrawn || attempt < quickAttempts) return null;
  const waitS = Math.min(longestS, 2 ** Math.min(attempt - quickAttempts, 32));
  return new Date(Date.parse(endedAt) + waitS * 1000).toISOString();
}
