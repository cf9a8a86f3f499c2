// What a command of a program is: its words, its help, and what it does with them.
import type { z } from 'zod';
import type { Clock } from '../os/clock.js';
import { AppError } from '../errors.js';
import type { Screen } from './screen/screen.js';

export type OnSignal = (signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP', listener: () => void) => () => void;

/** What the commands of every program work with. */
export interface ProgramContext {
  /** Standard output is for one JSON object (or JSON lines), and nothing else. */
  json: boolean;
  screen: Screen;
  stdin: NodeJS.ReadableStream;
  /** The words that run this very program. */
  program: readonly [string, ...string[]];
  env: Readonly<Record<string, string | undefined>>;
  clock: Clock;
  /** In [0, 1). */
  random: () => number;
  makeId: () => string;
  /** The version of the program. */
  readVersion: () => string;
  /** Calls `listener` instead of ending the process; returns how to stop that. */
  onSignal: OnSignal;
}

interface Words {
  /** As in `<tenant>` and `[version]`; the names are keys of the input. */
  arguments: readonly string[];
  /**
   * By flags, as in `--from <tag>`: what it is for. The names are keys of the input, in camel case. `--window <time>...` may
   * be given several times, and gives a list.
   */
  options: Readonly<Record<string, string>>;
  /** What `--help` prints below the options: examples, exit codes. */
  help: string;
}

export interface CliCommand<Context> extends Words {
  /** Carries the command out; resolves with the exit code. Throws AppError. */
  execute(context: Context, input: Readonly<Record<string, unknown>>): Promise<number>;
}

/** A line of a program's table of commands; each command's own file is loaded when it is used. */
export interface CommandEntry<Context> {
  /** A name of two words is a command of a group. */
  name: string;
  summary: string;
  load(): Promise<{ command: CliCommand<Context> }>;
}

interface CommandDefinition<Context, Input> extends Words {
  input: z.ZodType<Input>;
  execute(context: Context, input: Input): Promise<number>;
}

/** How the commands of one program are made: their words are checked by a schema, and what is wrong is a usage error. */
export function cliCommandsWith<Context>() {
  return <Input>({ input: schema, ...command }: CommandDefinition<Context, Input>): CliCommand<Context> => ({
    ...command,
    async execute(context, input) {
      const parsed = schema.safeParse(input);
      if (parsed.success) return command.execute(context, parsed.data);
      throw new AppError('usage', parsed.error.issues.map(({ message }) => message).join('\n'));
    },
  });
}
