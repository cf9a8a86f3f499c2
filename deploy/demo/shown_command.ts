// Runs a command line before the reader's eyes: the line as it would be typed, then its own output, live.
import { execa } from 'execa';
import { printCommand } from './narrate.js';
import type { Stage } from './stage.js';

/** Runs it on the reader's own terminal; its exit code. */
export async function showCommand(stage: Stage, line: string): Promise<number> {
  const child = startShown(stage, line, 'inherit');
  return finish(stage, line, child);
}

/** A command that is looked at while it runs. */
export interface WatchedCommand {
  /** True once it has said this; false when it ended without. */
  says(words: string): Promise<boolean>;
  /** Its exit code, and all that it printed on standard output. */
  ended: Promise<{ exitCode: number; stdout: string }>;
}

/** The same, without waiting for its end. What it prints is shown as it would be in a pipe. */
export function watchCommand(stage: Stage, line: string): WatchedCommand {
  const child = startShown(stage, line, ['inherit', 'pipe']);
  let stdout = '';
  let said = '';
  const listeners = new Set<() => void>();
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      for (const listen of listeners) listen();
    });
  }
  const ended = finish(stage, line, child).then((exitCode) => ({ exitCode, stdout }));
  // Whoever waits for its words comes first to hear that it was interrupted.
  ended.catch(() => undefined);
  return {
    ended,
    async says(words) {
      const heard = new Promise<true>((resolve) => {
        const listen = () => {
          if (said.includes(words)) resolve(true);
        };
        listeners.add(listen);
        listen();
      });
      return Promise.race([heard, ended.then(() => false)]);
    },
  };
}

/** The same to its end. */
export function showAndRead(stage: Stage, line: string): WatchedCommand['ended'] {
  return watchCommand(stage, line).ended;
}

function startShown({ bin, folder, signal }: Stage, line: string, output: 'inherit' | ['inherit', 'pipe']) {
  signal.throwIfAborted();
  printCommand(line);
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

async function finish(stage: Stage, line: string, child: ReturnType<typeof startShown>): Promise<number> {
  const { exitCode, shortMessage } = await child;
  stage.signal.throwIfAborted();
  if (exitCode === undefined) throw new Error(`${line}: ${shortMessage ?? 'no exit code'}`);
  return exitCode;
}
