// The door to this host's systemd, through its own programs: starts units, looks at them and stops them.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { z } from 'zod';
import { AppError } from '../../../shared/errors.js';
import { systemPath } from '../supervisor/enter.js';
import type { Property } from './properties.js';

export interface ServiceManager {
  /**
   * Asks for a unit with these properties, and returns before it runs. A unit of that name that is there already is no
   * error. Throws AppError `io` where systemd refuses or does not answer.
   */
  start(unit: string, properties: readonly Property[]): Promise<void>;
  /** Stops the units that match, and returns once they are stopped. Throws as `start`. */
  stop(pattern: string): Promise<void>;
  /** The processes of the unit, without those that systemd itself runs when it stops; none where there is no unit. */
  listProcesses(unit: string): Promise<number[]>;
  look(unit: string): Promise<UnitState>;
  /** Whether the system is going down. */
  isStopping(): Promise<boolean>;
}

export interface UnitState {
  /** It is starting, runs or is stopping; or it is to start. */
  isThere: boolean;
  /** Its main process has ended well, and the unit stays. */
  hasSucceeded: boolean;
}

const manager = ['org.freedesktop.systemd1', '/org/freedesktop/systemd1', 'org.freedesktop.systemd1.Manager'] as const;
/** systemd answers in milliseconds; a host under load, or one that reloads many units, may need longer. */
const answerLimitMs = 30_000;
const isUnknown = (message: string) => / not loaded\.|not found\./.test(message);
const isKnown = (message: string) => /already loaded|already exists/.test(message);

const processesSchema = z.object({ data: z.tuple([z.array(z.tuple([z.string(), z.number(), z.string()]))]) });

/** A door for an agent that runs as root. */
export function openServiceManager(): ServiceManager {
  return {
    async start(unit, properties) {
      const words = properties.flatMap(({ bus }) => bus);
      const signature = 'ssa(sv)a(sa(sv))';
      const call = callManager(['StartTransientUnit', signature, unit, 'fail', `${properties.length}`, ...words, '0']);
      await call.catch(unless(isKnown));
    },
    async stop(pattern) {
      await run('systemctl', ['stop', '--', pattern]);
    },
    async listProcesses(unit) {
      const printed = await callManager(['GetUnitProcesses', 's', unit]).catch(unless(isUnknown));
      if (printed === undefined) return [];
      const [processes] = processesSchema.parse(JSON.parse(printed)).data;
      return processes.filter(([cgroup]) => !cgroup.endsWith('/.control')).map(([, pid]) => pid);
    },
    async look(unit) {
      const names = ['ActiveState', 'SubState', 'Job'];
      const printed = await run('systemctl', ['show', `--property=${names.join(',')}`, '--', unit]);
      const [active, sub, job] = names.map((name) => new RegExp(`^${name}=(.*)$`, 'm').exec(printed)?.[1] ?? '');
      const isActive = active !== 'inactive' && active !== 'failed';
      return {
        isThere: isActive || Number(job) > 0,
        hasSucceeded: active === 'active' && sub === 'exited',
      };
    },
    async isStopping() {
      // It exits with 1 in many states, and prints the state all the same.
      const printed = await run('systemctl', ['is-system-running']).catch(String);
      return printed.includes('stopping');
    },
  };
}

/** What busctl prints for the call, as JSON. */
function callManager([method, ...args]: [string, ...string[]]): Promise<string> {
  const limit = `--timeout=${answerLimitMs / 1000}`;
  return run('busctl', ['--json=short', limit, '--', 'call', ...manager, method, ...args]);
}

async function run(program: 'busctl' | 'systemctl', args: readonly string[]): Promise<string> {
  const env = { PATH: systemPath, LC_ALL: 'C' };
  try {
    const { stdout } = await promisify(execFile)(program, args, { cwd: '/', env, maxBuffer: 64 * 1024 ** 2 });
    return stdout;
  } catch (error) {
    const said = z.object({ stdout: z.string(), stderr: z.string() }).safeParse(error).data;
    const text = `${said?.stdout ?? ''}${said?.stderr ?? ''}`.trim();
    throw new AppError('io', `systemd does not do what the agent asks: ${text === '' ? String(error) : text}`, {
      cause: error,
      hint: 'See what it says: systemctl status. `launcher: plain` in agent.yaml runs commands without it.',
    });
  }
}

/** Lets an expected answer pass as undefined. */
function unless(isExpected: (message: string) => boolean): (error: unknown) => undefined {
  return (error) => {
    if (error instanceof AppError && isExpected(error.message)) return undefined;
    throw error;
  };
}
