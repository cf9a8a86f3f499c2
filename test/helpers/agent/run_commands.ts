// Runs a feature's commands in a test as an upgrade would, without journal and adoption: real processes, as their users.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { CommandSpec, RunCommand, RunProbe, User } from '../../../agent/command/spec.js';
import { TenantPath } from '../../../agent/command/tenant_path.js';
import { AppError } from '../../../shared/errors.js';
import { decodeBytes, encodeBytes } from '../../../shared/os/byte_text.js';

/** The user that the tests run as. */
const currentUser: User = {
  name: process.env['USER'] ?? 'root',
  uid: process.geteuid?.() ?? 0,
  gid: process.getegid?.() ?? 0,
  home: process.env['HOME'] ?? '/',
};

/** A user without any rights; to run commands as it, a test must run as root. */
export const nobody: User = { name: 'nobody', uid: 65_534, gid: 65_534, home: '/nonexistent' };

interface Files {
  stdin: string;
  stdout: string;
  stderr: string;
}

type Started = Pick<CommandSpec, 'argv' | 'user' | 'cwd' | 'env' | 'timeLimitMs'>;

/** Runs a process with files for its streams, which no process that it leaves behind can hold up. */
async function runProcess({ argv, user, cwd, env, timeLimitMs }: Started, files: Files) {
  const [file = '', ...args] = argv.map((word) => TenantPath.textOf(word));
  const descriptors = [openSync(files.stdin, 'r'), openSync(files.stdout, 'a'), openSync(files.stderr, 'a')];
  try {
    const child = spawn(file, args, {
      cwd: TenantPath.textOf(cwd),
      env: Object.fromEntries(Object.entries(env).map(([name, value]) => [name, TenantPath.textOf(value)])),
      stdio: descriptors,
      timeout: timeLimitMs,
      killSignal: 'SIGKILL',
      ...(currentUser.uid === 0 ? { uid: user.uid, gid: user.gid } : {}),
    });
    await once(child, 'exit');
    return { code: child.exitCode, signal: child.signalCode };
  } finally {
    for (const descriptor of descriptors) closeSync(descriptor);
  }
}

/** Every call starts a process anew, whatever its key. `remove` deletes the outputs; to be called after the test. */
export function createTestRun(): { run: RunCommand; probe: RunProbe; remove: () => Promise<void> } {
  const folder = mkdtempSync(path.join(tmpdir(), 'drover-run-'));
  let count = 0;
  const nameOutput = () => path.join(folder, `output-${(count += 1)}`);

  const run: RunCommand = async (_key, spec) => {
    const outputPath = nameOutput();
    const begunMs = performance.now();
    const files = { stdin: spec.stdin ?? '/dev/null', stdout: outputPath, stderr: outputPath };
    const { code, signal } = await runProcess(spec, files);
    if (code !== 0 && (code === null || spec.acceptExits?.includes(code) !== true)) {
      throw new AppError('command-failed', `${spec.title} failed: ${signal ?? `exit ${code}`}`, {
        details: { output_tail: await readFile(outputPath, 'utf8') },
      });
    }
    return { code, signal, ms: performance.now() - begunMs, outputPath };
  };

  const probe: RunProbe = async ({ env = {}, timeLimitMs = 60_000, stdin, ...spec }) => {
    const input = stdin === undefined ? '/dev/null' : nameOutput();
    if (stdin !== undefined) await writeFile(input, encodeBytes(stdin));
    const files = { stdin: input, stdout: nameOutput(), stderr: nameOutput() };
    const searchPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
    const { code } = await runProcess({ ...spec, env: { PATH: searchPath, ...env }, timeLimitMs }, files);
    const [stdout, stderr] = await Promise.all(
      [files.stdout, files.stderr].map(async (file) => decodeBytes(await readFile(file))),
    );
    return { exitCode: code ?? 128, stdout: stdout ?? '', stderr: stderr ?? '' };
  };

  return { run, probe, remove: () => rm(folder, { recursive: true, force: true }) };
}
