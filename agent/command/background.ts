// A process of a tenant's user that runs until the agent ends it, or ends itself. Its output is a sign that something
// has changed; nobody reads what it says.
import { spawn } from 'node:child_process';
import { enterCommand, exportEnvironment, systemPath } from './supervisor/enter.js';
import { signalGroup } from './process/signal_processes.js';
import { watchEnd } from './process/watch_end.js';
import type { CommandSpec } from './spec.js';

export interface BackgroundOptions {
  agentUid: number;
  /** Called after output. Output of the time after it makes one more call: a flood costs no more. */
  onOutput: () => void;
  /** How long the output then stays unread. */
  pauseMs: number;
  /** Ends the process. */
  signal: AbortSignal;
}

/**
 * Runs the command as its user, in a session of its own. Resolves when it has ended or could not be started, soon after
 * the signal in any case.
 */
export function runInBackground(
  { argv, user, cwd, env }: Pick<CommandSpec, 'argv' | 'user' | 'cwd' | 'env'>,
  { agentUid, onOutput, pauseMs, signal }: BackgroundOptions,
): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  const [file, ...args] = enterCommand({ user, cwd, argv }, agentUid);
  const child = spawn(file, args, {
    cwd: '/',
    env: { PATH: systemPath },
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore', 'pipe'],
  });
  // Where no descriptor is free the streams are undefined, despite their type.
  const [, stdout = null, , environment = null] = child.pid === undefined ? [] : child.stdio;
  if (environment !== null && 'end' in environment) {
    environment.on('error', () => {}); // It ended without having read it.
    environment.end(exportEnvironment(env));
  }
  let waiting: NodeJS.Timeout | undefined;
  stdout?.on('error', () => {});
  stdout?.on('data', () => {
    if (stdout.isPaused()) return;
    stdout.pause();
    waiting = setTimeout(() => stdout.resume(), pauseMs);
    onOutput();
  });
  const { ended, expectEnd } = watchEnd(child);
  const kill = () => {
    signalGroup(child.pid, 'SIGKILL');
    expectEnd();
  };
  signal.addEventListener('abort', kill);
  const end = () => {
    signal.removeEventListener('abort', kill);
    clearTimeout(waiting);
    signalGroup(child.pid, 'SIGKILL');
    stdout?.destroy();
  };
  return ended.then(end, end);
}
