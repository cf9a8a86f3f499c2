// The control processes of a test run, one for each processor: they do nothing, and write down when the machine let them
// wait for over 50 ms. A virtual machine may lose one of its processors for a while; only a process on that one tells.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { monitorArgs } from './monitor_args.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder of the monitors' files. */
    loops: string;
  }
}

/** Starts them before the tests of a project, and returns what ends them after them. */
export default async function startControl({ provide }: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'drover-loops-'));
  const { args, env } = monitorArgs({ file: path.join(folder, 'control'), minMs: 50, from: 'start' });
  const idle = 'setInterval(() => {}, 60_000); process.stdout.write("ready")';
  const children = os.cpus().map((_, processor) =>
    spawn('taskset', ['--cpu-list', String(processor), process.execPath, ...args, '--eval', idle], {
      env,
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  );
  await Promise.all(children.map(({ stdout }) => Promise.race([once(stdout, 'data'), once(stdout, 'close')])));
  provide('loops', folder);
  return async () => {
    for (const child of children) child.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  };
}
