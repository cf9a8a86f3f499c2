// The control process of a test run: it does nothing, and writes down when the machine let it wait for over 50 ms.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { monitorArgs } from './monitor_args.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder of the monitors' files. */
    loops: string;
  }
}

/** Starts it before the tests of a project, and returns what ends it after them. */
export default async function startControl({ provide }: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'drover-loops-'));
  const { args, env } = monitorArgs({ file: path.join(folder, 'control'), minMs: 50, from: 'start' });
  const idle = 'setInterval(() => {}, 60_000); process.stdout.write("ready")';
  const child = spawn(process.execPath, [...args, '--eval', idle], { env, stdio: ['ignore', 'pipe', 'ignore'] });
  await once(child.stdout, 'data');
  provide('loops', folder);
  return async () => {
    child.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  };
}
