// Reads a script's interpreter from its first line, as the kernel does.
import path from 'node:path';

export interface Interpreter {
  /** What the script's path is appended to. */
  argv: [string, ...string[]];
  /** The programs that must exist: argv[0], and for `env` the program that it finds on PATH. */
  needs: [string, ...string[]];
}

const defaultInterpreter = '/bin/bash';
/** The kernel reads no more of a script's first line (BINPRM_BUF_SIZE without the final zero byte). */
const kernelBytes = 255;

/** The interpreter of a script (`/bin/bash` when it names none), or the reason why it has none. */
export function parseShebang(script: string): Interpreter | string {
  const end = script.indexOf('\n');
  const line = end === -1 ? script : script.slice(0, end);
  if (line.startsWith('\uFEFF')) return 'it starts with a byte order mark; save it as UTF-8 without one';
  if (line.endsWith('\r')) return 'its lines end in CR LF; save it with LF line ends';
  if (!line.startsWith('#!')) return { argv: [defaultInterpreter], needs: [defaultInterpreter] };
  // The kernel takes the path, and all the rest as one argument.
  const words = trimBlanks(cutAsKernel(line).slice('#!'.length));
  const program = words.split(/[ \t]/, 1)[0] ?? '';
  if (program === '') return 'its first line #! names no interpreter';
  const argument = trimBlanks(words.slice(program.length));
  if (argument === '' && isCutInWord(line)) return `its first line is longer than ${kernelBytes} bytes`;
  if (!path.isAbsolute(program)) return `its first line names ${program}, which is no absolute path`;
  if (path.basename(program) === 'env') return parseEnv(program, argument);
  return { argv: argument === '' ? [program] : [program, argument], needs: [program] };
}

function cutAsKernel(line: string): string {
  return Buffer.from(line.slice(0, kernelBytes)).subarray(0, kernelBytes).toString();
}

/** True where the kernel reads only a part of the interpreter's path, and refuses to run the script. */
function isCutInWord(line: string): boolean {
  const read = cutAsKernel(line);
  return read.length < line.length && !/[ \t]$/.test(read);
}

/** Without blanks at both ends, in linear time. */
function trimBlanks(text: string): string {
  const start = /^[ \t]*/.exec(text)?.[0].length ?? 0;
  let end = text.length;
  while (end > start && (text[end - 1] === ' ' || text[end - 1] === '\t')) end -= 1;
  return text.slice(start, end);
}

/** `env bash` finds bash on PATH; `env -S bash -e` splits its one argument into words first. */
function parseEnv(env: string, argument: string): Interpreter | string {
  const [option] = /^(?:-S|--split-string[= ])[ \t]*/.exec(argument) ?? [];
  const split = option === undefined ? undefined : argument.slice(option.length);
  const words = split === undefined ? [argument] : split.split(/[ \t]+/);
  const name = words.find((word) => !word.includes('='));
  if (name === undefined || name === '') return `its first line names no program for ${env} to run`;
  if (split === undefined && /[ \t]/.test(argument)) {
    return `its first line makes ${env} look for a program called '${argument}'; write ${env} -S ${argument}`;
  }
  return { argv: [env, argument], needs: [env, name] };
}
