// How a test starts a program with the monitor of its event loop.
import path from 'node:path';

const monitor = path.join(import.meta.dirname, '../../../dist/test/helpers/loops/monitor.js');

export interface Monitoring {
  /** Arguments of node, before those of the program. */
  args: readonly string[];
  env: Readonly<Record<string, string>>;
}

/** Writes to `file` what is at least `minMs` late, from the program's start or from when it first listens. */
export function monitorArgs(options: { file: string; minMs: number; from: 'start' | 'listen' }): Monitoring {
  const { file, minMs, from } = options;
  return { args: ['--import', monitor], env: { LOOP_FILE: file, LOOP_MIN_MS: String(minMs), LOOP_FROM: from } };
}

/** For a program that a test starts: nothing where no run of tests watches it (see `watch_loops.ts`). */
export function monitorProgram(): Monitoring {
  const file = process.env['DROVER_TEST_LOOPS'];
  return file === undefined ? { args: [], env: {} } : monitorArgs({ file, minMs: 100, from: 'listen' });
}
