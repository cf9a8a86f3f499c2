// Runs a program as this process: the last step from `main`, the same for each program.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { systemClock } from '../os/clock.js';
import { makeId } from '../os/ids.js';
import type { ProgramContext } from './cli_command.js';
import { runProgram, type Program } from './program.js';

/** Runs the program with the words of `process`, and ends it. `file` is the program's main file. */
export async function runProcess<Context extends ProgramContext>(
  process: NodeJS.Process,
  { program, file }: { program: Program<Context>; file: string },
): Promise<never> {
  // A reader that closes the pipe (`| head`) ends the program, with the code that a shell gives to a broken pipe.
  process.stdout.on('error', () => process.exit(141));
  process.stderr.on('error', () => undefined);
  const exitCode = await runProgram(process.argv.slice(2), {
    program,
    world: {
      env: process.env,
      stdin: process.stdin,
      stdout: process.stdout,
      stderr: process.stderr,
      program: [process.execPath, file],
      readVersion: () => findVersion(path.dirname(file)),
      clock: systemClock,
      random: Math.random,
      makeId,
      onSignal(signal, listener) {
        process.on(signal, listener);
        return () => void process.off(signal, listener);
      },
    },
  });
  // What a failed start leaves open must not keep the process; standard output is written synchronously.
  process.exit(exitCode);
}

/** The version of the package that this folder lies in. */
function findVersion(folder: string): string {
  for (const place of ['..', '../..', '../../..']) {
    try {
      const [, version] = /"version": "([^"]+)"/.exec(readFileSync(`${folder}/${place}/package.json`, 'utf8')) ?? [];
      if (version !== undefined) return version;
    } catch {
      // The next place: source and compiled program lie at different depths.
    }
  }
  return 'unknown';
}
