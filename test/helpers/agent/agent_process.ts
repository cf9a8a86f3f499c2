// The agent as a child process of a test: started until it is ready, ended, or killed.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import path from 'node:path';
import { monitorProgram } from '../loops/monitor_args.js';
import { powerDiskName } from '../faults/power_disk.js';

export interface AgentProcess {
  pid: number;
  /** True once it is ready for commands; false when it ends before that. */
  ready: Promise<boolean>;
  ended: Promise<unknown>;
  /** Returns once its log holds this text. */
  logged(text: string): Promise<void>;
  /** All that it has logged so far. */
  log(): string;
  /** Sends the signal and returns once the process has ended. May be called again. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

const built = path.join(import.meta.dirname, '../../../dist');
const program = path.join(built, 'agent/main.js');
const readyMessage = 'the agent is ready';

/** What happens to a host right after the agent has written the journal's event n: a script of bash, run as root. */
export interface Fault {
  n: number;
  script: string;
}

/**
 * Starts the built agent. With `killAtEvent` it kills itself right after it has written the journal's event n, with
 * `fault` the host has one then; with `bootIdFile` it and its commands find that boot id in /proc, as after a reboot;
 * with `inherited` its parent has left it these descriptors open.
 */
export function spawnAgent(options: {
  configFile: string;
  logFile: string;
  env?: Readonly<Record<string, string>>;
  killAtEvent?: number;
  bootIdFile?: string;
  fault?: Fault;
  inherited?: readonly number[];
}): AgentProcess {
  const { configFile, logFile, env = {}, killAtEvent, bootIdFile, fault, inherited = [] } = options;
  const helpers = [...(killAtEvent === undefined ? [] : ['kill']), ...(fault === undefined ? [] : ['fault'])];
  const faults = helpers.flatMap((name) => ['--import', path.join(built, `test/helpers/faults/${name}_at_event.js`)]);
  const monitor = monitorProgram();
  const wanted = { KILL_AT_EVENT: String(killAtEvent), FAULT_AT_EVENT: String(fault?.n), FAULT_SCRIPT: fault?.script };
  const own = [process.execPath, ...monitor.args, ...faults, program, '--config', configFile, 'run'] as const;
  const argv = inherited.length === 0 ? own : inherit(inherited, own);
  const [file, ...args] = bootIdFile === undefined ? argv : bootAnew(bootIdFile, argv);
  const child = spawn(file, args, {
    cwd: '/',
    env: { PATH: process.env['PATH'], ...monitor.env, ...wanted, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const { stderr, pid } = child;
  if (stderr === null || pid === undefined) throw new Error('the agent could not be started');
  const ended = once(child, 'exit');
  let log = '';
  const listeners = new Set<() => void>();
  stderr.on('data', (bytes: Buffer) => {
    appendFileSync(logFile, bytes);
    log += bytes.toString();
    for (const listener of listeners) listener();
  });
  const logged = (text: string) =>
    new Promise<void>((resolve) => {
      const look = () => (log.includes(text) ? resolve() : undefined);
      listeners.add(look);
      look();
    });
  return {
    pid,
    ended,
    ready: Promise.race([logged(readyMessage).then(() => true), ended.then(() => false)]),
    logged,
    log: () => log,
    async end(signal) {
      child.kill(signal);
      await ended;
    },
  };
}

function inherit(descriptors: readonly number[], argv: readonly string[]): [string, ...string[]] {
  const opened = descriptors.map((descriptor) => `exec ${descriptor}</etc/passwd; `).join('');
  return ['bash', '-c', `${opened}exec "$@"`, 'bash', ...argv];
}

/** In a mount namespace of its own, whose boot id is the file's; without the disks of other hosts. */
function bootAnew(bootIdFile: string, argv: readonly string[]): [string, ...string[]] {
  const script = `
    mount --bind "$1" /proc/sys/kernel/random/boot_id || exit 1
    own=$(dirname "$1"); shift
    while read -r _ mounted _; do
      case $mounted in "$own"/*) ;; *${powerDiskName}*) umount "$mounted" ;; esac
    done </proc/mounts
    exec "$@"`;
  return ['unshare', '--mount', 'sh', '-c', script, 'sh', bootIdFile, ...argv];
}
