// Runs a command of drover-agent before the reader's eyes: its line, then its own output, live.
import { execa } from 'execa';
import { printCommand } from './narrate.js';
import type { Stage } from './stage.js';

/** Runs `drover-agent <words>` on the reader's own terminal; its exit code. */
export async function showCommand(stage: Stage, words: readonly string[]): Promise<number> {
  return finish(stage, words, startShown(stage, words, 'inherit'));
}

/** The same, for what is looked at as well: also all that it printed on standard output. */
export async function showAndRead(
  stage: Stage,
  words: readonly string[],
  onText: (text: string) => void = () => undefined,
): Promise<{ exitCode: number; stdout: string }> {
  const child = startShown(stage, words, ['inherit', 'pipe']);
  let stdout = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
    onText(stdout);
  });
  return { exitCode: await finish(stage, words, child), stdout };
}

function startShown(stage: Stage, words: readonly string[], stdout: 'inherit' | ['inherit', 'pipe']) {
  stage.signal.throwIfAborted();
  printCommand(['drover-agent', ...words].join(' '));
  return execa(stage.program, words, {
    cwd: stage.folder,
    stdin: 'ignore',
    stdout,
    stderr: 'inherit',
    cancelSignal: stage.signal,
    reject: false,
    buffer: false,
  });
}

async function finish(stage: Stage, words: readonly string[], child: ReturnType<typeof startShown>): Promise<number> {
  const { exitCode, shortMessage } = await child;
  stage.signal.throwIfAborted();
  if (exitCode === undefined) throw new Error(`drover-agent ${words.join(' ')}: ${shortMessage ?? 'no exit code'}`);
  return exitCode;
}
