// Gathers the looks at many tenants: one process of a user answers for all its tenants that wait at that time. A process
// for each of hundreds of tenants costs far more than what it looks at.
import { setImmediate as giveWay } from 'node:timers/promises';
import { createWorkQueue } from '../../shared/os/work_queue.js';
import type { User } from '../command/spec.js';

export interface Looks<Question, Answer> {
  /** The answers to the first of the questions, in their order, as far as the process came. May reject. */
  askMany: (user: User, questions: readonly Question[]) => Promise<Answer[]>;
  askOne: (user: User, question: Question) => Promise<Answer>;
}

interface Asked<Question, Answer> {
  question: Question;
  resolve: (answer: Answer | Promise<Answer>) => void;
}

const mostTogether = 100;
/** How many users' processes look at the same time. */
const maxUsers = 8;
/** How many look at one tenant each, because it held up the others of its user. */
const maxAlone = 8;

/**
 * Asks like `askMany` as long as several questions of a user wait. The first that is left without an answer is asked
 * like `askOne`, while the others go on: a tenant that holds a look up costs other users nothing. Rejects as `askOne`.
 */
export function gatherLooks<Question, Answer>({
  askMany,
  askOne,
}: Looks<Question, Answer>): (user: User, question: Question) => Promise<Answer> {
  const waiting = new Map<string, Asked<Question, Answer>[]>();
  const runQueued = createWorkQueue(maxUsers);
  const runAlone = createWorkQueue(maxAlone);

  async function askFirst(user: User, asked: Asked<Question, Answer>[]): Promise<void> {
    const some = asked.splice(0, mostTogether);
    const [only] = some;
    if (only !== undefined && some.length === 1) {
      const answer = runQueued(() => askOne(user, only.question));
      only.resolve(answer);
      await Promise.allSettled([answer]);
      return;
    }
    const questions = some.map(({ question }) => question);
    const answers = await runQueued(() => askMany(user, questions)).catch(() => []);
    for (const [index, answer] of answers.entries()) some[index]?.resolve(answer);
    const [stuck, ...others] = some.slice(answers.length);
    stuck?.resolve(runAlone(() => askOne(user, stuck.question)));
    asked.unshift(...others);
  }

  async function askAll(user: User, key: string): Promise<void> {
    // What is asked in the same turn of the event loop is asked together.
    await giveWay();
    const asked = waiting.get(key) ?? [];
    while (asked.length > 0) await askFirst(user, asked);
    waiting.delete(key);
  }

  return (user, question) =>
    new Promise((resolve) => {
      const key = JSON.stringify(user);
      const others = waiting.get(key);
      if (others !== undefined) others.push({ question, resolve });
      else {
        waiting.set(key, [{ question, resolve }]);
        void askAll(user, key);
      }
    });
}
