// The agent as a child process of a test: started until it is ready, ended, or killed.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';

export interface AgentProcess {
  pid: number;
  /** Sends the signal and returns once the process is gone. May be called again. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

const program = path.join(import.meta.dirname, '../../dist/test/helpers/run_agent.js');

/** Starts the built agent and returns once it says that it is ready. Throws, with its log, when it ends before that. */
export async function startAgentProcess(options: {
  configFile: string;
  logFile: string;
  env?: Readonly<Record<string, string>>;
}): Promise<AgentProcess> {
  const { configFile, logFile, env = {} } = options;
  const log = openSync(logFile, 'a');
  const child = spawn(process.execPath, [program, configFile], {
    cwd: '/',
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', log],
  });
  closeSync(log);
  const ended = once(child, 'exit');
  const { stdout, pid } = child;
  if (stdout === null || pid === undefined) throw new Error(`${program} could not be started`);
  const isReady = await Promise.race([once(stdout, 'data').then(() => true), ended.then(() => false)]);
  if (!isReady) throw new Error(`the agent did not start: ${readFileSync(logFile, 'utf8')}`);
  return {
    pid,
    async end(signal) {
      child.kill(signal);
      await ended;
    },
  };
}
