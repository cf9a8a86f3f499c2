// Runs programs of this machine.
import path from 'node:path';
import { execa } from 'execa';

/** The Node that runs the demo also runs the app's programs. */
export const programPath = `${path.dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`;

export interface ProgramOptions {
  cwd: string;
  /** Its environment besides PATH. It inherits nothing: a git hook that runs the tests would pass GIT_DIR on. */
  env?: Readonly<Record<string, string>>;
  /** The account to run as; default: the caller's. */
  user?: { uid: number; gid: number };
}

/** The standard output of the program. Throws when the program fails, with its output in the message. */
export async function runProgram(
  argv: readonly [string, ...string[]],
  { cwd, env = {}, user }: ProgramOptions,
): Promise<string> {
  const [file, ...args] = argv;
  const { stdout } = await execa(file, args, {
    cwd,
    env: { PATH: programPath, ...env },
    extendEnv: false,
    ...user,
    stdin: 'ignore',
  });
  return stdout;
}

/** The reader's own terminal, or a pipe for both streams. */
export type ShownOutput = 'inherit' | ['inherit', 'pipe'];

export type ShownProcess = ReturnType<typeof startShell>;

/** Starts a command line in `folder`, with the programs of `bin` in PATH. Its exit code never rejects. */
export function startShell(
  line: string,
  { bin, folder, signal, output }: { bin: string; folder: string; signal: AbortSignal; output: ShownOutput },
) {
  return execa('bash', ['-c', line], {
    cwd: folder,
    env: { PATH: `${bin}:${process.env['PATH']}` },
    stdin: 'ignore',
    stdout: output,
    stderr: output,
    cancelSignal: signal,
    reject: false,
    buffer: false,
  });
}
