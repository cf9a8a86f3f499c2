// Short read-only commands for the plan, run as the tenant's user through execa; never journalled, never adopted.
import { execa } from 'execa';
import { AppError } from '../../shared/errors.js';
import { becomeUser } from './plain/supervise.js';
import type { RunProbe } from './spec.js';

const maxOutputBytes = 64 * 1024 ** 2;
const defaultTimeLimitMs = 60_000;

/** Probes for an agent of `agentUid`. One that overruns its limit throws `time-limit`; a failing one is a result. */
export function createProbe({ agentUid, signal }: { agentUid: number; signal: AbortSignal }): RunProbe {
  return async ({ argv, user, cwd, env = {}, timeLimitMs = defaultTimeLimitMs }) => {
    // The user is taken on before the folder is entered and the environment counts: neither is root's business.
    const enter = ['sh', '-c', 'cd -- "$1" || exit 126; shift; exec "$@"', 'sh', cwd, ...argv];
    const [file = 'sh', ...args] = [...becomeUser(user, agentUid), ...enter];
    const done = await execa(file, args, {
      cwd: '/',
      env,
      extendEnv: false,
      stdin: 'ignore',
      encoding: 'utf8',
      maxBuffer: maxOutputBytes,
      stripFinalNewline: false,
      timeout: timeLimitMs,
      forceKillAfterDelay: 1000,
      cancelSignal: signal,
      reject: false,
    });
    if (done.timedOut) {
      throw new AppError('time-limit', `${argv.join(' ')} did not end within ${timeLimitMs / 1000} s`);
    }
    signal.throwIfAborted();
    if (done.exitCode === undefined) {
      throw new AppError('command-failed', `${argv.join(' ')} could not be run: ${done.shortMessage}`);
    }
    return { exitCode: done.exitCode, stdout: done.stdout, stderr: done.stderr };
  };
}
