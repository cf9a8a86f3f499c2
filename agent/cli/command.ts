// What a command of `drover-agent` is: its words, its help, and what it does with them.
import type { z } from 'zod';
import type { Clock } from '../../shared/clock.js';
import { AppError } from '../../shared/errors.js';
import type { Screen } from './screen.js';

export type OnSignal = (signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP', listener: () => void) => () => void;

/** What every command works with. */
export interface Context {
  /** The path of agent.yaml, as it was given. */
  configFile: string;
  /** Standard output is for one JSON object (or JSON lines), and nothing else. */
  json: boolean;
  screen: Screen;
  stdin: NodeJS.ReadableStream;
  /** The words that run this very program. */
  program: readonly [string, ...string[]];
  clock: Clock;
  makeId: () => string;
  /** Calls `listener` instead of ending the process; returns how to stop that. */
  onSignal: OnSignal;
}

interface Words {
  /** As in `<tenant>` and `[version]`; the names are keys of the input. */
  arguments: readonly string[];
  /** By flags, as in `--from <tag>`: what it is for. The names are keys of the input, in camel case. */
  options: Readonly<Record<string, string>>;
  /** What `--help` says below the options: examples, exit codes. */
  help: string;
}

export interface Command extends Words {
  /** Carries the command out; resolves with the exit code. Throws AppError. */
  execute(context: Context, input: Readonly<Record<string, unknown>>): Promise<number>;
}

/** A command whose words are checked by a schema; what is wrong with them is a usage error. */
export function defineCommand<Input>(
  command: Words & { input: z.ZodType<Input>; execute(context: Context, input: Input): Promise<number> },
): Command {
  const { input: schema, ...words } = command;
  return {
    ...words,
    async execute(context, input) {
      const parsed = schema.safeParse(input);
      if (parsed.success) return command.execute(context, parsed.data);
      throw new AppError('usage', parsed.error.issues.map(({ message }) => message).join('\n'));
    },
  };
}
