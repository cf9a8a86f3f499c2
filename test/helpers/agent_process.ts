// The agent as a child process of a test: started until it is ready, ended, or killed.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import path from 'node:path';

export interface AgentProcess {
  pid: number;
  /** True once it is ready for commands; false when it ends before that. */
  ready: Promise<boolean>;
  ended: Promise<unknown>;
  /** Sends the signal and returns once the process is gone. May be called again. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

const built = path.join(import.meta.dirname, '../../dist');
const program = path.join(built, 'agent/main.js');
const readyMessage = 'the agent is ready';

/** Starts the built agent. With `killAtRecord` it kills itself right after it has written the journal's record n. */
export function spawnAgent(options: {
  configFile: string;
  logFile: string;
  env?: Readonly<Record<string, string>>;
  killAtRecord?: number;
}): AgentProcess {
  const { configFile, logFile, env = {}, killAtRecord } = options;
  const preload = killAtRecord === undefined ? [] : ['--import', path.join(built, 'test/helpers/kill_at_record.js')];
  const child = spawn(process.execPath, [...preload, program, '--config', configFile, 'run'], {
    cwd: '/',
    env: { PATH: process.env['PATH'], KILL_AT_RECORD: String(killAtRecord), ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const { stderr, pid } = child;
  if (stderr === null || pid === undefined) throw new Error('the agent could not be started');
  const ended = once(child, 'exit');
  const said = new Promise<true>((resolve) => {
    stderr.on('data', (bytes: Buffer) => {
      appendFileSync(logFile, bytes);
      if (bytes.includes(readyMessage)) resolve(true);
    });
  });
  return {
    pid,
    ended,
    ready: Promise.race([said, ended.then(() => false)]),
    async end(signal) {
      child.kill(signal);
      await ended;
    },
  };
}
