// What is wrong with the words of a command line, and how to write them: the parser's complaints, in our words.
import { closestWord } from '../config/closest_word.js';
import { AppError } from '../errors.js';

/** What is used of the parser of a program or a command. */
interface Parser {
  name(): string;
  parent: Parser | null;
  commands: readonly Parser[];
  options: readonly { long?: string | undefined; short?: string | undefined }[];
  registeredArguments: readonly { name(): string; required: boolean }[];
  /** The words that are no options. */
  args: readonly string[];
}

/** How far the parser came with these words. */
export interface ParsedWords {
  words: readonly string[];
  program: Parser;
  /** The command that the words name; null where the parser did not find one. */
  chosen: Parser | null;
  /** Completes the parsers of all commands, which are loaded when they are used. */
  complete: () => Promise<readonly Parser[]>;
}

/** AppError `usage`. `error` is one that the parser has raised. */
export async function explainUsage(
  { code, message }: { code: string; message: string },
  parsed: ParsedWords,
): Promise<AppError> {
  const { program, chosen } = parsed;
  const command = chosen ?? program;
  // The parser's messages quote one thing.
  const [, quoted = ''] = /'([^']*)'/.exec(message) ?? [];
  switch (code) {
    case 'commander.unknownOption':
      return explainOption(quoted, parsed);
    case 'commander.excessArguments':
      return explainExcess(command);
    case 'commander.missingArgument':
      return new AppError('usage', `\`${nameOf(command)}\` wants a ${quoted}`, { hint: usageOf(command) });
    case 'commander.optionMissingArgument':
      return new AppError('usage', `${flagOf(quoted)} wants a value: ${quoted}`, { hint: helpOf(command) });
    case 'commander.unknownCommand':
      return new AppError('usage', firstLineOf(message), { hint: helpOf(findGroup(parsed)) });
    default:
      return new AppError('usage', firstLineOf(message), { hint: helpOf(command) });
  }
}

/** The group whose command is unknown, or the program. */
const findGroup = ({ program, words }: ParsedWords) =>
  program.commands.find((command) => command.commands.length > 0 && words.includes(command.name())) ?? program;

/** The program's version is asked for without a command. AppError `usage`: perhaps the tenant's version is meant. */
export function explainVersion({ words, chosen, program }: Pick<ParsedWords, 'words' | 'chosen' | 'program'>) {
  const command = chosen ?? program;
  const at = words.findIndex((word) => word === '--version' || word.startsWith('--version='));
  const version = words[at]?.split('=')[1] ?? words[at + 1];
  const [tenant, wanted] = command.registeredArguments.map((argument) => argument.name());
  const meant = tenant === 'tenant' && wanted === 'version' && version !== undefined && !version.startsWith('-');
  const others = words.filter((_, index) => index !== at && !(meant && index === at + 1 && words[index] === version));
  return new AppError('usage', `\`${nameOf(command)}\` has no option --version`, {
    hint: meant
      ? `The version follows the tenant: \`${[program.name(), ...others, version].join(' ')}\`.`
      : `\`${program.name()} --version\` prints the version of the program.`,
  });
}

async function explainOption(option: string, parsed: ParsedWords): Promise<AppError> {
  const { program, chosen } = parsed;
  if (option.startsWith('--version=')) return explainVersion(parsed);
  if (chosen === null) return explainEarlyOption(option, parsed);
  const near = nearOption(option, [chosen, program]);
  const known = near === '--version' ? null : near;
  return new AppError('usage', `\`${nameOf(chosen)}\` has no option ${option}${didYouMean(known)}`, {
    hint: helpOf(chosen),
  });
}

/** An option before any command: the program's own, or one of a command in the wrong place. */
async function explainEarlyOption(option: string, { program, words, complete }: ParsedWords): Promise<AppError> {
  const commands = await complete();
  const near = option === '-v' ? '--version' : nearOption(option, [program, ...commands]);
  const owners = commands.filter((command) => hasOption(command, near ?? option));
  const owner = owners.find((command) => words.includes(command.name())) ?? owners[0];
  if (owner === undefined) {
    return new AppError('usage', `unknown option ${option}${didYouMean(near)}`, { hint: helpOf(program) });
  }
  const what = near === option ? '' : `unknown option ${option}${didYouMean(near)} `;
  const where = `${near === option ? option : 'It'} belongs after its command`;
  return new AppError('usage', `${what}${where}`, { hint: `\`${nameOf(owner)} … ${near ?? option}\`` });
}

function explainExcess(command: Parser): AppError {
  const extra = command.args.slice(command.registeredArguments.length);
  const these = extra.map((word) => JSON.stringify(word)).join(' ');
  return new AppError('usage', `\`${nameOf(command)}\` does not take ${these}`, { hint: usageOf(command) });
}

const nearOption = (option: string, commands: readonly Parser[]) =>
  closestWord(
    option,
    commands.flatMap(({ options }) => options.flatMap(({ long }) => long ?? [])),
  );
const hasOption = ({ options }: Parser, option: string) =>
  options.some(({ long, short }) => long === option || short === option);
const didYouMean = (word: string | null) => (word === null ? '' : `; did you mean ${word}?`);
const flagOf = (flags: string) => flags.split(/[ ,]/)[0] ?? flags;

/** The words that run the command. */
function nameOf(command: Parser): string {
  return [...(command.parent === null ? [] : [nameOf(command.parent)]), command.name()].join(' ');
}

const helpOf = (command: Parser) => `\`${nameOf(command)} --help\` shows what there is.`;
const usageOf = (command: Parser) =>
  `Usage: ${[nameOf(command), ...command.registeredArguments.map(showArgument)].join(' ')}`;
const showArgument = (argument: { name(): string; required: boolean }) =>
  argument.required ? `<${argument.name()}>` : `[${argument.name()}]`;

/** Without the parser's `error: `, in one line. */
function firstLineOf(message: string): string {
  return message.replace(/^error: /, '').replaceAll('\n', ' ');
}
