// The command line as a whole: makes commander's program out of a table of commands, and runs it.
import { Command as Parser, CommanderError } from 'commander';
import type { Clock } from '../os/clock.js';
import { AppError } from '../errors.js';
import type { ProgramContext, CommandEntry, OnSignal } from './cli_command.js';
import { reportError } from './report_error.js';
import { createScreen, type Screen, type TextStream } from './screen.js';

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
  let exitCode = 0;
  const parser = createParser({
    world,
    program,
    screen,
    end(code) {
      exitCode = code;
    },
  });
  try {
    const [first, ...rest] = words;
    await parser.parseAsync(first === 'help' ? [...rest, '--help'] : [...words], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) {
      // Help that was asked for, or the version; without any command the help is the complaint.
      if (error.exitCode === 0) return 0;
      if (error.code === 'commander.help') return 2;
      return reportError(usageError(name, error), reporting);
    }
    return reportError(error, reporting);
  }
}

interface Making<Context extends ProgramContext> {
  world: World;
  program: Program<Context>;
  screen: Screen;
  end: (exitCode: number) => void;
}

function createParser<Context extends ProgramContext>(making: Making<Context>): Parser {
  const { world, program, screen } = making;
  const parser = new Parser(program.name)
    .description(program.intro)
    .version(world.readVersion(), '--version', 'print the version')
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
    if (chosen === parser) await completeCommand(parser, entry, making);
  });
}

function findGroup(top: Parser, name: string, summary: string): Parser {
  const known = top.commands.find((candidate) => candidate.name() === name);
  return known ?? top.command(name).description(summary).helpCommand(false);
}

async function completeCommand<Context extends ProgramContext>(
  parser: Parser,
  entry: CommandEntry<Context>,
  { world, program, screen, end }: Making<Context>,
): Promise<void> {
  const { command } = await entry.load();
  for (const argument of command.arguments) parser.argument(argument);
  parser.addHelpText('after', `\n${command.help}`);
  for (const [flags, summary] of Object.entries(command.options)) parser.option(flags, summary);
  parser.action(async () => {
    const { json, ...options } = parser.optsWithGlobals<Record<string, unknown>>();
    const input = Object.fromEntries(
      parser.registeredArguments.map((argument, index) => [argument.name(), parser.args[index]]),
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
    end(await command.execute(program.makeContext(base, options), { ...options, ...input }));
  });
}

/** Commander's complaint, in our form: its suggestion stays, its `error: ` goes. */
function usageError(program: string, { message }: CommanderError): AppError {
  const [what = '', ...more] = message.replace(/^error: /, '').split('\n');
  return new AppError('usage', [what, ...more].join(' '), { hint: `\`${program} --help\` lists the commands.` });
}
