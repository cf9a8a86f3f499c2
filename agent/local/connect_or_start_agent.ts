// Connects a command to the agent: the running one, or one that is started for it and ends when it is idle.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { AppError, toAppError } from '../../shared/errors.js';
import { makeStateFolder, stateFolder } from '../store/state_folder.js';
import { connectAgent, type LocalConnection } from './connect_agent.js';
import { hasErrno } from '../../shared/os/errno.js';
import { parseJson } from '../../shared/json.js';
import { errorBodySchema, fromErrorBody } from '../../shared/model/error_body.js';

/** What `run --until-idle` prints on standard output once it listens. */
export const readyLine = 'ready';

const startErrorSchema = z.object({ error: errorBodySchema });

export interface AgentStart {
  stateDir: string;
  /** The absolute path of agent.yaml. */
  configFile: string;
  /** The words that run `drover-agent`. */
  program: readonly [string, ...string[]];
  /** Called when no agent runs, before one is started. */
  onStart: () => void;
}

/** Connects to the agent; starts one if none runs. Throws AppError: what kept it from starting, or `unreachable`. */
export async function connectOrStartAgent(reaching: AgentStart): Promise<LocalConnection> {
  const { socket } = stateFolder(reaching.stateDir);
  const running = await connectIfThere(socket);
  if (running !== null) return running;
  await makeStateFolder(stateFolder(reaching.stateDir));
  reaching.onStart();
  try {
    return await startAgentProcess(reaching, socket);
  } catch (error) {
    // Another command started one at the same time; this command uses that.
    const other = error instanceof AppError && error.code === 'busy' ? await connectIfThere(socket) : null;
    if (other !== null) return other;
    throw error;
  }
}

async function startAgentProcess(
  { stateDir, configFile, program: [file, ...words] }: AgentStart,
  socket: string,
): Promise<LocalConnection> {
  const logFile = path.join(stateDir, 'agent.log');
  const log = await open(logFile, 'a', 0o600);
  // A session of its own: neither Ctrl-C nor the end of this terminal reaches it.
  const child = spawn(file, [...words, '--config', configFile, '--json', 'run', '--until-idle'], {
    detached: true,
    cwd: '/',
    stdio: ['pipe', 'pipe', log.fd],
  });
  const ended = once(child, 'exit');
  ended.catch(() => undefined);
  try {
    await once(child, 'spawn');
    const printed = await readUntilReady(child.stdout ?? Readable.from([]));
    if (printed !== null) throw startError(printed, { logFile, tail: await readTail(logFile), exit: await ended });
    const connection = await connectAgent(socket);
    if (connection !== null) return connection;
    throw new AppError('unreachable', 'the agent that was started ended at once', { hint: `See ${logFile}.` });
  } finally {
    await log.close();
    // The agent stays at least until this pipe closes, connected or not.
    child.stdin?.destroy();
    child.unref();
  }
}

/** Null once it is ready, otherwise all that it printed before it ended. */
async function readUntilReady(stdout: NodeJS.ReadableStream): Promise<string | null> {
  let printed = '';
  for await (const chunk of stdout) {
    printed += String(chunk);
    if (printed.startsWith(`${readyLine}\n`)) return null;
  }
  return printed;
}

function startError(
  printed: string,
  { logFile, tail, exit }: { logFile: string; tail: string; exit: unknown[] },
): AppError {
  const parsed = startErrorSchema.safeParse(parseJson(printed));
  if (parsed.success) return fromErrorBody(parsed.data.error);
  const [code, signal] = exit;
  return new AppError('unreachable', `the agent could not be started (${describeExit(code, signal)})\n${tail}`, {
    hint: `Its log is ${logFile}.`,
  });
}

function describeExit(code: unknown, signal: unknown): string {
  return typeof code === 'number' ? `exit ${code}` : String(signal);
}

async function readTail(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-5).join('\n');
}

/** Null also for an agent that is ending, and drops a connection that it has not accepted yet. */
async function connectIfThere(socket: string): Promise<LocalConnection | null> {
  try {
    return await connectAgent(socket);
  } catch (error) {
    const { cause } = toAppError(error);
    if (hasErrno(cause, 'ECONNRESET')) return null;
    throw error;
  }
}
