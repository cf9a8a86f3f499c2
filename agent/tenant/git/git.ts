// Runs the system's git for the agent itself, in its own mirrors, with only the configuration given here.
import { execa } from 'execa';
import { AppError } from '../../../shared/errors.js';
import { collectOutput } from '../../command/process/collect_output.js';
import { signalGroup } from '../../command/process/signal_processes.js';
import { agentLimits } from '../../limits.js';
import { configEnvironment } from './git_config.js';

export interface GitCall {
  args: readonly string[];
  /** The folder that git is run in. */
  folder: string;
  env?: Readonly<Record<string, string>>;
  config?: Readonly<Record<string, string>>;
  stdin?: string;
  timeLimitMs?: number;
  signal?: AbortSignal;
  /** Exit codes besides 0 that are answers, not failures. */
  acceptExits?: readonly number[];
}

export interface GitOutput {
  exitCode: number;
  stdout: Buffer;
  stderr: string;
}

const defaultTimeLimitMs = 300_000;
/** Of what git says on standard error only so much is kept: a remote can add to it. */
const maxMessageBytes = 128 * 1024;
/** How long pipes may stay open after git has ended: processes that git left behind may hold them. */
const drainMs = 1000;

/** Nothing is inherited: no user or system configuration, no ssh agent, no terminal, no helper that could prompt. */
const bareEnvironment = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LANG: 'C.UTF-8',
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
  GIT_ASKPASS: '/bin/false',
  SSH_ASKPASS: '/bin/false',
  GIT_NO_LAZY_FETCH: '1',
};

const bareConfig = {
  'core.fsmonitor': 'false',
  'core.hooksPath': '/dev/null',
  // Fetched objects must survive a power cut before their tag counts.
  'core.fsync': 'committed,reference',
  'credential.helper': '',
  'gc.auto': '0',
  'maintenance.auto': 'false',
  'protocol.allow': 'never',
  'protocol.https.allow': 'always',
  'protocol.ssh.allow': 'always',
  'protocol.file.allow': 'always',
};

/**
 * Runs git to its end. Throws AppError `missing-command` without git, `time-limit` when it overruns, `io` when it fails
 * otherwise, and the signal's reason when aborted. Then git and its children have ended.
 */
export async function runGit(call: GitCall): Promise<GitOutput> {
  call.signal?.throwIfAborted();
  const timeLimitMs = call.timeLimitMs ?? defaultTimeLimitMs;
  const [limit, flood] = [AbortSignal.timeout(timeLimitMs), new AbortController()];
  const stop = AbortSignal.any([limit, flood.signal, ...(call.signal === undefined ? [] : [call.signal])]);
  const child = execa('git', call.args, {
    cwd: call.folder,
    env: { ...bareEnvironment, ...call.env, ...configEnvironment({ ...bareConfig, ...call.config }) },
    extendEnv: false,
    ...(call.stdin === undefined ? { stdin: 'ignore' } : { input: call.stdin }),
    // Of what it holds itself execa would make a message, escaped as a whole: too large a one ends the process.
    buffer: false,
    reject: false,
    // A process group of its own, so that its helpers (ssh, git-remote-https) end with it.
    detached: true,
  });
  const bounds = { maxBytes: agentLimits.gitOutput.max, flood };
  const printed = collectOutput(child.stdout, { ...bounds, keptBytes: agentLimits.gitOutput.max });
  const messages = collectOutput(child.stderr, { ...bounds, keptBytes: maxMessageBytes });
  const closePipes = () => {
    child.stdout.destroy();
    child.stderr.destroy();
  };
  const kill = () => {
    signalGroup(child.pid, 'SIGKILL');
    closePipes();
  };
  let drain: NodeJS.Timeout | undefined;
  child.once('exit', () => {
    drain = setTimeout(closePipes, drainMs);
  });
  stop.addEventListener('abort', kill);
  try {
    const done = await child;
    call.signal?.throwIfAborted();
    const name = call.args.find((word) => !word.startsWith('-')) ?? 'git';
    if (limit.aborted) throw new AppError('time-limit', `git ${name} did not end within ${timeLimitMs / 1000} s`);
    if (done.code === 'ENOENT' && done.exitCode === undefined) {
      throw new AppError('missing-command', `git could not be run in ${call.folder}: ${done.shortMessage}`, {
        hint: 'Install git (2.34 or later) on this host.',
      });
    }
    if (flood.signal.aborted) {
      const limit = `${agentLimits.gitOutput.max / 1024 ** 2} MiB`;
      throw new AppError('unsupported-repository', `git ${name} in ${call.folder} printed more than ${limit}`, {
        hint: 'The repository is too large: delete tags, or keep generated files and installed packages out of it.',
      });
    }
    const stderr = messages().toString();
    if (done.exitCode === undefined) throw new AppError('io', `git ${name} in ${call.folder}: ${done.shortMessage}`);
    if (done.exitCode !== 0 && call.acceptExits?.includes(done.exitCode) !== true) {
      throw new AppError('io', `git ${name} failed in ${call.folder}: ${stderr.trim() || `exit ${done.exitCode}`}`);
    }
    return { exitCode: done.exitCode, stdout: printed(), stderr };
  } finally {
    clearTimeout(drain);
    stop.removeEventListener('abort', kill);
  }
}
