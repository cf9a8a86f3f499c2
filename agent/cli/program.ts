// The command line as a whole: makes commander's program out of the table of commands, and runs it.
import { Command as Parser, CommanderError, Option } from 'commander';
import type { Clock } from '../../shared/clock.js';
import { AppError } from '../../shared/errors.js';
import type { OnSignal } from './command.js';
import { commands, groups, type CommandRow } from './commands.js';
import { reportError } from './report_error.js';
import { createScreen, type Screen, type Stream } from './screen.js';

/** The process around the program; only `main.ts` knows the real one. */
export interface World {
  env: Readonly<Record<string, string | undefined>>;
  stdin: NodeJS.ReadableStream;
  stdout: Stream;
  stderr: Stream;
  program: readonly [string, ...string[]];
  readVersion: () => string;
  clock: Clock;
  makeId: () => string;
  onSignal: OnSignal;
}

const defaultConfig = '/etc/drover/agent.yaml';

const intro = [
  'Upgrades the tenants of this host, release hooks and all, and puts a tenant whose upgrade fails back as it was.',
  'The commands talk to the running agent; where none runs, they start one that ends by itself.',
].join(' ');

const outro = `
Examples:
  drover-agent plan testsite              what would the latest version bring?
  drover-agent upgrade testsite v0.4.0    upgrade, and watch
  drover-agent status                     how are they all?

Exit codes: 0 done, 1 failed or rolled back, 2 usage or refused, 3 unreachable;
each command's --help says more.
`;

/** Runs the command that `words` ask for; the exit code. Nothing is thrown: what goes wrong is said and counted. */
export async function runProgram(words: readonly string[], world: World): Promise<number> {
  const { stdout, stderr, env } = world;
  const screen = createScreen({ stdout, stderr, env });
  // Read without the parser as well: it may be the parser that complains.
  const reporting = { screen, json: words.includes('--json'), debug: (env['DROVER_DEBUG'] ?? '') !== '' };
  let exitCode = 0;
  const program = createParser(world, screen, (code) => {
    exitCode = code;
  });
  try {
    const [first, ...rest] = words;
    await program.parseAsync(first === 'help' ? [...rest, '--help'] : [...words], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) {
      // Help that was asked for, or the version; without any command the help is the complaint.
      if (error.exitCode === 0) return 0;
      if (error.code === 'commander.help') return 2;
      return reportError(usageError(error), reporting);
    }
    return reportError(error, reporting);
  }
}

function createParser(world: World, screen: Screen, end: (exitCode: number) => void): Parser {
  const { env, stdout, stderr } = world;
  const program = new Parser('drover-agent')
    .description(intro)
    .version(world.readVersion(), '--version', 'print the version')
    .helpCommand(false)
    .helpOption('-h, --help', 'print help, also of a command')
    .configureHelp({ showGlobalOptions: true })
    .addOption(new Option('--config <path>', "the agent's configuration").default(defaultConfig))
    .option('--json', 'print one JSON object (logs: JSON lines) and nothing else')
    .addHelpText('after', outro)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      // What commander says of errors is said by us; help that is itself the complaint comes this way too.
      writeErr: (text) => void stderr.write(text),
      outputError: () => undefined,
      getOutHasColors: () => env['NO_COLOR'] === undefined && stdout.isTTY === true,
    });
  for (const row of commands) addCommand(program, row, { world, screen, end });
  return program;
}

type Adding = { world: World; screen: Screen; end: (exitCode: number) => void };

function addCommand(program: Parser, row: CommandRow, adding: Adding): void {
  const words = row.name.split(' ');
  const [group, name] = words.length === 1 ? [null, row.name] : [words[0] ?? '', words[1] ?? ''];
  const parent = group === null ? program : findGroup(program, group);
  const parser = parent.command(name).description(row.says).helpCommand(false);
  // The command's own file is loaded when its words are about to be read.
  parent.hook('preSubcommand', async (_parent, chosen) => {
    if (chosen === parser) await completeCommand(parser, row, adding);
  });
}

function findGroup(program: Parser, name: string): Parser {
  const known = program.commands.find((candidate) => candidate.name() === name);
  return (
    known ??
    program
      .command(name)
      .description(groups[name] ?? '')
      .helpCommand(false)
  );
}

async function completeCommand(parser: Parser, row: CommandRow, { world, screen, end }: Adding): Promise<void> {
  const { command } = await row.load();
  for (const argument of command.arguments) parser.argument(argument);
  parser.addHelpText('after', `\n${command.help}`);
  for (const [flags, says] of Object.entries(command.options)) parser.option(flags, says);
  parser.action(async () => {
    const { config, json, ...options } = parser.optsWithGlobals<Record<string, unknown>>();
    const input = Object.fromEntries(
      parser.registeredArguments.map((argument, index) => [argument.name(), parser.args[index]]),
    );
    const { stdin, program, clock, makeId, onSignal } = world;
    const configFile = String(config);
    const context = { configFile, json: json === true, screen, stdin, program, clock, makeId, onSignal };
    end(await command.execute(context, { ...options, ...input }));
  });
}

/** Commander's complaint, in our form: its suggestion stays, its `error: ` goes. */
function usageError({ message }: CommanderError): AppError {
  const [what = '', ...more] = message.replace(/^error: /, '').split('\n');
  return new AppError('usage', [what, ...more].join(' '), { hint: '`drover-agent --help` lists the commands.' });
}
