// A part of a bench in a process of its own, asked over its IPC channel: so that each has its own memory and event loop.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { z } from 'zod';

export interface Child {
  pid: number;
  /** Sends a question and returns the answer, a number or a text. */
  ask(question: string, ...words: (string | number)[]): Promise<number>;
  askText(question: string, ...words: (string | number)[]): Promise<string>;
  end(): Promise<void>;
}

const answerSchema = z.object({ answer: z.union([z.number(), z.string()]) });
const questionSchema = z.object({ question: z.string(), words: z.array(z.union([z.string(), z.number()])) });

/** Starts the program in this folder. */
export async function startChild(program: string): Promise<Child> {
  const child = fork(path.join(import.meta.dirname, program), { execArgv: ['--expose-gc'], serialization: 'json' });
  await once(child, 'message');
  const ask = async (question: string, words: (string | number)[]) => {
    child.send({ question, words });
    return answerSchema.parse(await nextMessage(child)).answer;
  };
  return {
    pid: child.pid ?? 0,
    ask: async (question, ...words) => Number(await ask(question, words)),
    askText: async (question, ...words) => String(await ask(question, words)),
    async end() {
      const ended = once(child, 'exit');
      // Which ends it by itself, with its folder.
      child.disconnect();
      await ended;
    },
  };
}

async function nextMessage(child: ChildProcess): Promise<unknown> {
  const gone = new AbortController();
  const leave = () => gone.abort(new Error('a part of the bench ended'));
  child.once('exit', leave);
  try {
    const [message]: unknown[] = await once(child, 'message', { signal: gone.signal });
    return message;
  } finally {
    child.off('exit', leave);
  }
}

export type Answers = Readonly<
  Record<string, (...words: (string | number)[]) => Promise<number | string> | number | string>
>;

/** The other side of it: answers questions by name until the parent ends the process. */
export function answerQuestions(answers: Answers): void {
  process.on('message', (message) => {
    const { question, words } = questionSchema.parse(message);
    void (async () => process.send?.({ answer: (await answers[question]?.(...words)) ?? 'no such question' }))();
  });
  process.send?.('ready');
}

/** The process's resident memory after a garbage collection, in bytes. */
export async function measureResidentBytes(): Promise<number> {
  for (let round = 0; round < 3; round += 1) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return process.memoryUsage.rss();
}
