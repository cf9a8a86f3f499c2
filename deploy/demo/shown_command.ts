// Runs a command line and shows it: the line as a person types it, then its output, live.
import { printCommand } from './narrate.js';
import { startShell, type ShownOutput, type ShownProcess } from './run_program.js';
import type { Setup } from './setup.js';

/** Runs it on the reader's own terminal; resolves with its exit code. */
export async function showCommand(setup: Setup, line: string): Promise<number> {
  const child = startShown(setup, line, 'inherit');
  return finish(setup, line, child);
}

/** A running command, with its output so far. */
export interface WatchedCommand {
  /** True once it has printed this; false when it ended without. */
  prints(words: string): Promise<boolean>;
  /** Its exit code, and all of its standard output. */
  ended: Promise<{ exitCode: number; stdout: string }>;
}

/** The same, without waiting for its end. Its output goes through a pipe, so it has no colours. */
export function watchCommand(setup: Setup, line: string): WatchedCommand {
  const child = startShown(setup, line, ['inherit', 'pipe']);
  let stdout = '';
  let printed = '';
  const checks = new Set<() => void>();
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
      for (const check of checks) check();
    });
  }
  const ended = finish(setup, line, child).then((exitCode) => ({ exitCode, stdout }));
  // An interrupt rejects `prints` first; this keeps `ended` from being an unhandled rejection meanwhile.
  ended.catch(() => undefined);
  return {
    ended,
    async prints(words) {
      const found = new Promise<true>((resolve) => {
        const check = () => {
          if (printed.includes(words)) resolve(true);
        };
        checks.add(check);
        check();
      });
      return Promise.race([found, ended.then(() => false)]);
    },
  };
}

/** The same, to its end. */
export function showAndRead(setup: Setup, line: string): WatchedCommand['ended'] {
  return watchCommand(setup, line).ended;
}

function startShown({ bin, folder, signal }: Setup, line: string, output: ShownOutput): ShownProcess {
  signal.throwIfAborted();
  printCommand(line);
  return startShell(line, { bin, folder, signal, output });
}

async function finish(setup: Setup, line: string, child: ShownProcess): Promise<number> {
  const { exitCode, shortMessage } = await child;
  setup.signal.throwIfAborted();
  if (exitCode === undefined) throw new Error(`${line}: ${shortMessage ?? 'no exit code'}`);
  return exitCode;
}
