// Tells systemd how this program is: ready, reloading, ending, what it does, and that its event loop runs.
import { spawn } from 'node:child_process';
import { toAppError } from '../../errors.js';

export interface ServiceManager {
  /** It has started, or has reloaded its configuration. */
  tellReady(): void;
  tellReloading(): void;
  /** A reload is over that systemd began by itself. Nothing for a program that was not ready before. */
  endReload(): void;
  tellStopping(): void;
  /** What `systemctl status` shows in one line; a later text replaces it. */
  tellStatus(text: string): void;
  /** Resolves as `work` does; where that rejects, the reason is told first. */
  whileStarting<T>(work: () => Promise<T>): Promise<T>;
  /** Resolves once all was told, or could not be. Nothing is told after it. Never rejects. */
  close(): Promise<void>;
}

export interface ServiceProcess {
  /** Of the process: systemd names its socket there, and how often it wants a sign of life. */
  env: Readonly<Record<string, string | undefined>>;
  pid: number;
  /** Called for the first thing that could not be told. */
  onProblem: (message: string) => void;
}

/** What is still to be told; the last state and the last text count. */
interface Message {
  state?: 'READY=1' | 'RELOADING=1' | 'STOPPING=1';
  status?: string;
  isAlive?: true;
}

/** More than one sign of life may be lost in the time that systemd waits. */
const signsPerWait = 3;
/** systemd drops a message of 4096 bytes. */
const maxCharacters = 1000;
/** `systemd-notify` waits up to 5 s until its message is read. */
const notifyLimitMs = 10_000;
const searchPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Starts to tell that the program is alive, where systemd wants that. Does nothing in a process that systemd has not
 * started. It neither blocks nor fails the program: each message goes out by a process of its own, one after the other.
 */
export function openServiceManager({ env, pid, onProblem }: ServiceProcess): ServiceManager {
  const socket = env['NOTIFY_SOCKET'];
  let waiting: Message | null = null;
  /** What could not be told, until the next message takes it along: without READY=1 systemd would end the program. */
  let untold: Message | null = null;
  let sending: Promise<void> | null = null;
  let hasFailed = false;
  let isReady = false;

  function tell(part: Message): void {
    if (socket === undefined) return;
    waiting = { ...waiting, ...part };
    sending ??= sendAll(socket);
  }

  async function sendAll(to: string): Promise<void> {
    while (waiting !== null) {
      const message: Message = { ...untold, ...waiting };
      const words = wordsOf(message);
      untold = null;
      waiting = null;
      await notify(to, words).catch((error: unknown) => {
        untold = message;
        if (!hasFailed) onProblem(`systemd could not be told ${words.join(' ')}: ${toAppError(error).message}`);
        hasFailed = true;
      });
    }
    sending = null;
  }

  function tellReady(): void {
    isReady = true;
    tell({ state: 'READY=1' });
  }

  async function close(): Promise<void> {
    clearInterval(timer);
    await sending;
  }

  const everyMs = readWatchdogMs(env, pid) / signsPerWait;
  const timer = everyMs > 0 ? setInterval(() => tell({ isAlive: true }), everyMs).unref() : undefined;
  return {
    tellReady,
    endReload: () => (isReady ? tellReady() : undefined),
    tellReloading: () => tell({ state: 'RELOADING=1' }),
    tellStopping: () => tell({ state: 'STOPPING=1' }),
    tellStatus: (text) => tell({ status: text }),
    async whileStarting(work) {
      try {
        return await work();
      } catch (error) {
        tell({ status: `it does not start: ${toAppError(error).message}` });
        await close();
        throw error;
      }
    },
    close,
  };
}

/** How long systemd waits for a sign of life of this very process; 0 where it wants none. */
function readWatchdogMs(env: ServiceProcess['env'], pid: number): number {
  const { WATCHDOG_USEC: wait = '', WATCHDOG_PID: of = String(pid) } = env;
  return of === String(pid) && /^[1-9]\d*$/.test(wait) ? Number(wait) / 1000 : 0;
}

function wordsOf({ state, status, isAlive }: Message): string[] {
  return [
    ...(state === undefined ? [] : [state]),
    // A line end would begin another assignment.
    ...(status === undefined ? [] : [`STATUS=${status.replaceAll(/\p{Cc}+/gu, ' ').slice(0, maxCharacters)}`]),
    ...(isAlive === undefined ? [] : ['WATCHDOG=1']),
  ];
}

/** Node has no datagrams of Unix sockets. As root `systemd-notify` speaks for its parent: `NotifyAccess=main` takes it. */
function notify(socket: string, words: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('systemd-notify', words, {
      env: { PATH: searchPath, NOTIFY_SOCKET: socket },
      stdio: 'ignore',
      timeout: notifyLimitMs,
      killSignal: 'SIGKILL',
    });
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`systemd-notify ended with ${signal ?? `exit code ${code}`}`));
    });
  });
}
