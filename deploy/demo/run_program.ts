// Runs a program of this machine to its end: the demo's one way of starting anything.
import path from 'node:path';
import { execa } from 'execa';

/** This very Node runs the app's programs as well. */
export const programPath = `${path.dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`;

export interface ProgramOptions {
  cwd: string;
  /** Its environment besides PATH; nothing is inherited, least of all the GIT_DIR of a git hook that runs the tests. */
  env?: Readonly<Record<string, string>>;
  /** Whom to run as; the caller without it. */
  user?: { uid: number; gid: number };
}

/** What the program printed on standard output. Throws when it fails, with all that it printed in the message. */
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
