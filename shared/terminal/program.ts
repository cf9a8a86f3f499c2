// The command line as a whole: makes commander's program out of a table of commands, and runs it.
import { Command as Parser, CommanderError } from 'commander';
import type { Clock } from '../os/clock.js';
import { AppError } from '../errors.js';
import type { ProgramContext, CommandEntry, OnSignal } from './cli_command.js';
import { explainUsage, explainVersion } from './explain_usage.js';
import { reportError, type Reporting } from './report_error.js';
import { createScreen, type Screen, type TextStream } from './screen/screen.js';

/** The process around the program; only `main.ts` knows the real one. */
export interface World {
  env: Readonly<Record<string, string | undefined>>;
  stdin: NodeJS.ReadableStream;
  stdout: TextStream;
  stderr: TextStream;
  program: readonly [string, ...string[]];
  readVersion: () => string;
  clock: Clock;
  random: () => number;
  makeId: () => string;
  onSignal: OnSignal;
}

/** A program: its name and words, its table of commands, and what they work with. */
export interface Program<Context extends ProgramContext> {
  name: string;
  intro: string;
  /** Below the list of commands: examples, exit codes. */
  outro: string;
  /** Options of every command beside `--json`, by flags. */
  options: Readonly<Record<string, string>>;
  commands: readonly CommandEntry<Context>[];
  /** What each group of commands of two words is for. */
  groups: Readonly<Record<string, string>>;
  /** The hint of an error that is a missing permission. */
  forbiddenHint: string;
  makeContext(base: ProgramContext, options: Readonly<Record<string, unknown>>): Context;
}

/** Runs the command that `words` ask for; the exit code. It throws nothing: it reports errors on the screen and by the exit code. */
export async function runProgram<Context extends ProgramContext>(
  words: readonly string[],
  { world, program }: { world: World; program: Program<Context> },
): Promise<number> {
  const { stdout, stderr, env } = world;
  const screen = createScreen({ stdout, stderr, env });
  // Read without the parser as well: it may be the parser that complains.
  const { name, forbiddenHint } = program;
  const debug = (env['DROVER_DEBUG'] ?? '') !== '';
  const reporting = { screen, json: words.includes('--json'), debug, program: name, forbiddenHint };
  const making: Making<Context> = { world, program, screen, words, exitCode: 0, chosen: null };
  const parser = createParser(making);
  try {
    if (isVersionAsked(parser, words)) {
      printVersion(making, reporting.json);
      return 0;
    }
    const [first, ...rest] = words;
    await parser.parseAsync(first === 'help' ? [...rest, '--help'] : [...words], { from: 'user' });
    return making.exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) return reportError(error, reporting);
    // Help that was asked for; without any command the help is the complaint.
    if (error.exitCode === 0) return 0;
    if (error.code === 'commander.help') return endWithoutCommand(parser, reporting);
    const parsed = { words, program: parser, chosen: making.chosen, complete: () => completeAll(parser, making) };
    return reportError(await explainUsage(error, parsed), reporting);
  }
}

/** True where the version is asked for, and no command. */
function isVersionAsked(parser: Parser, words: readonly string[]): boolean {
  const { operands, unknown } = parser.parseOptions([...words]);
  return operands.length === 0 && unknown.length === 0 && parser.opts<{ version?: boolean }>().version === true;
}

function printVersion({ world, screen }: { world: World; screen: Screen }, json: boolean): void {
  const version = world.readVersion();
  if (json) screen.printJson({ version });
  else screen.print(version);
}

/** The parser has shown its help on standard error. */
function endWithoutCommand(parser: Parser, reporting: Reporting): number {
  if (!reporting.json) return 2;
  return reportError(
    new AppError('usage', 'a command is missing', { hint: `\`${parser.name()} --help\` lists the commands.` }),
    reporting,
  );
}

interface Making<Context extends ProgramContext> {
  world: World;
  program: Program<Context>;
  screen: Screen;
  words: readonly string[];
  exitCode: number;
  /** The command that the words name, once it is found. */
  chosen: Parser | null;
}

function createParser<Context extends ProgramContext>(making: Making<Context>): Parser {
  const { program, screen } = making;
  const parser = new Parser(program.name)
    .description(program.intro)
    // Not the parser's own: that one prints the version after a command as well, whose version may be meant.
    .option('-V, --version', 'print the version of this program')
    .helpCommand(false)
    .helpOption('-h, --help', 'print help, also of a command')
    .configureHelp({ showGlobalOptions: true });
  for (const [flags, summary] of Object.entries(program.options)) parser.option(flags, summary);
  parser
    .option('--json', 'print one JSON object (logs: JSON lines) and nothing else')
    .addHelpText('after', program.outro)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => screen.print(text.replace(/\n$/, '')),
      // This program reports errors itself; commander's help after a usage error arrives here.
      writeErr: (text) => screen.note(text.replace(/\n$/, '')),
      outputError: () => undefined,
      getOutHasColors: () => false,
    });
  for (const entry of program.commands) addCommand(parser, entry, making);
  return parser;
}

function addCommand<Context extends ProgramContext>(
  top: Parser,
  entry: CommandEntry<Context>,
  making: Making<Context>,
): void {
  const words = entry.name.split(' ');
  const [group, name] = words.length === 1 ? [null, entry.name] : [words[0] ?? '', words[1] ?? ''];
  const parent = group === null ? top : findGroup(top, group, making.program.groups[group] ?? '');
  const parser = parent.command(name).description(entry.summary).helpCommand(false);
  // The command's own file is loaded when its words are about to be read.
  parent.hook('preSubcommand', async (_parent, chosen) => {
    if (chosen !== parser) return;
    making.chosen = parser;
    await completeCommand(parser, entry, making);
    if (top.opts<{ version?: boolean }>().version === true) {
      throw explainVersion({ words: making.words, chosen, program: top });
    }
  });
}

/** The parsers of all commands, each with its options. */
async function completeAll<Context extends ProgramContext>(
  top: Parser,
  making: Making<Context>,
): Promise<readonly Parser[]> {
  const parsers: Parser[] = [];
  for (const entry of making.program.commands) {
    const parser = entry.name.split(' ').reduce<Parser | undefined>((parent, word) => findCommand(parent, word), top);
    if (parser === undefined) continue;
    await completeCommand(parser, entry, making);
    parsers.push(parser);
  }
  return parsers;
}

const findCommand = (parent: Parser | undefined, name: string) =>
  parent?.commands.find((candidate) => candidate.name() === name);

function findGroup(top: Parser, name: string, summary: string): Parser {
  return findCommand(top, name) ?? top.command(name).description(summary).helpCommand(false);
}

async function completeCommand<Context extends ProgramContext>(
  parser: Parser,
  entry: CommandEntry<Context>,
  making: Making<Context>,
): Promise<void> {
  const { world, program, screen } = making;
  const { command } = await entry.load();
  for (const argument of command.arguments) parser.argument(argument);
  parser.addHelpText('after', `\n${command.help}`);
  for (const [flags, summary] of Object.entries(command.options)) addOption(parser, flags, summary);
  parser.action(async () => {
    const { json, version: _own, ...options } = parser.optsWithGlobals<Record<string, unknown>>();
    const input = Object.fromEntries(
      parser.registeredArguments.map((argument, index) => [
        argument.name(),
        argument.variadic ? parser.args.slice(index) : parser.args[index],
      ]),
    );
    const { stdin, env, clock, random, makeId, onSignal, readVersion } = world;
    const base = {
      json: json === true,
      screen,
      stdin,
      env,
      program: world.program,
      clock,
      random,
      makeId,
      onSignal,
      readVersion,
    };
    making.exitCode = await command.execute(program.makeContext(base, options), { ...options, ...input });
  });
}

const collect = (value: string, before: readonly string[] = []) => [...before, value];

/** An option; one whose flags end with `...` may be given several times, and its input is the list of its values. */
function addOption(parser: Parser, flags: string, summary: string): void {
  if (!flags.endsWith('...')) {
    parser.option(flags, summary);
    return;
  }
  parser.option(flags.slice(0, -3), `${summary}; it may be given several times`, collect);
}
