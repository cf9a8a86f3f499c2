// The agent as a process of its own, the way a host runs it: `drover-agent run`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectAgent } from '../../agent/local/connect.js';

export interface AgentProcess {
  pid: number;
  /** Sends the signal and returns once the process is gone. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

export interface AgentWish {
  /** The words that run an agent: `drover-agent run`, in full. */
  argv: readonly [string, ...string[]];
  stateFolder: string;
  logFile: string;
  signal: AbortSignal;
}

/** Starts the agent, its log going to `logFile`, and returns once it answers. Throws when it ends before that. */
export async function startAgentProcess({ argv, stateFolder, logFile, signal }: AgentWish): Promise<AgentProcess> {
  signal.throwIfAborted();
  const log = await open(logFile, 'a');
  const [file, ...words] = argv;
  const child = spawn(file, words, {
    cwd: path.dirname(logFile),
    // A process group of its own: Ctrl-C is for the demo, which ends the agent itself, in order.
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  });
  await once(child, 'spawn');
  const ended = once(child, 'exit');
  await log.close();
  const agent: AgentProcess = {
    pid: child.pid ?? 0,
    async end(name) {
      child.kill(name);
      await ended;
    },
  };
  while (!(await isAnswering(stateFolder))) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`the agent ended before it answered; see ${logFile}`);
    if (signal.aborted) await agent.end('SIGTERM');
    signal.throwIfAborted();
    await sleep(20);
  }
  return agent;
}

async function isAnswering(stateFolder: string): Promise<boolean> {
  const connection = await connectAgent(path.join(stateFolder, 'agent.sock'));
  connection?.close();
  return connection !== null;
}
