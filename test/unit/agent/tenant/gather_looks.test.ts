// Looks at many tenants: those of a user are asked together, and one that holds a process up costs the others no answer.
import { expect, test } from 'vitest';
import type { User } from '../../../../agent/command/spec.js';
import { gatherLooks } from '../../../../agent/tenant/gather_looks.js';

const userOf = (name: string): User => ({ name, uid: name.length, gid: 1, home: '/' });

/** What was asked, together and alone; `stuck` are questions that nothing answers together. */
function open(stuck: readonly string[] = []) {
  const asked: string[][] = [];
  const look = gatherLooks<string, string>({
    askMany(user, questions) {
      asked.push([user.name, ...questions]);
      const end = questions.findIndex((question) => stuck.includes(question));
      return Promise.resolve(questions.slice(0, end === -1 ? undefined : end).map((question) => `${question}!`));
    },
    askOne(user, question) {
      asked.push([user.name, question]);
      return stuck.includes(question)
        ? Promise.reject(new Error(`${question} is stuck`))
        : Promise.resolve(`${question}!`);
    },
  });
  const ask = (user: string, questions: readonly string[]) =>
    Promise.allSettled(questions.map((question) => look(userOf(user), question))).then((outcomes) =>
      outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : String(outcome.reason))),
    );
  return { asked, ask };
}

test('the questions of a user are asked together, and those of others apart', async () => {
  const { asked, ask } = open();
  const [ofAnn, ofBo] = await Promise.all([ask('ann', ['a', 'b', 'c']), ask('bo', ['d'])]);
  expect([ofAnn, ofBo]).toEqual([['a!', 'b!', 'c!'], ['d!']]);
  expect(asked).toEqual([
    ['ann', 'a', 'b', 'c'],
    ['bo', 'd'],
  ]);
});

test('a question that is not answered is asked alone, and the others get their answers', async () => {
  const { asked, ask } = open(['b', 'd']);
  expect(await ask('ann', ['a', 'b', 'c', 'd', 'e', 'f'])).toEqual([
    'a!',
    'Error: b is stuck',
    'c!',
    'Error: d is stuck',
    'e!',
    'f!',
  ]);
  expect(asked.filter(({ length }) => length > 2)).toEqual([
    ['ann', 'a', 'b', 'c', 'd', 'e', 'f'],
    ['ann', 'c', 'd', 'e', 'f'],
    ['ann', 'e', 'f'],
  ]);
});

test('so many questions that no process takes them are asked a hundred at a time', async () => {
  const { asked, ask } = open();
  const questions = Array.from({ length: 250 }, (_, n) => String(n));
  expect(await ask('ann', questions)).toEqual(questions.map((question) => `${question}!`));
  expect(asked.map(({ length }) => length - 1)).toEqual([100, 100, 50]);
});

test('where nothing can be asked together, each is asked alone', async () => {
  const look = gatherLooks<string, string>({
    askMany: () => Promise.reject(new Error('too many')),
    askOne: (_user, question) => Promise.resolve(`${question}!`),
  });
  const answers = await Promise.all(['a', 'b', 'c'].map((question) => look(userOf('ann'), question)));
  expect(answers).toEqual(['a!', 'b!', 'c!']);
});
