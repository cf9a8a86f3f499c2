// The door to this host's systemd, through its own programs: starts units, looks at them and stops them.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { z } from 'zod';
import { AppError } from '../../../shared/errors.js';
import { systemPath } from '../supervisor/enter.js';
import { listGroup } from './control_group.js';
import type { Property } from './properties.js';

export interface TransientUnit {
  description: string;
  /** Of its program, with nothing that systemd expands. */
  words: readonly [string, ...string[]];
  properties: readonly Property[];
}

export interface ServiceManager {
  /**
   * Asks for such a unit, and returns before it runs. A unit of that name that is there already is no error. Throws AppError
   * `io` where systemd refuses or does not answer.
   */
  start(unit: string, wish: TransientUnit): Promise<void>;
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

/** systemd answers in milliseconds; a host under load, or one that reloads many units, may need longer. */
const answerLimitMs = 30_000;
/** For what asks more than once. */
const programLimitMs = 2 * answerLimitMs;
const isKnown = (message: string) => /already loaded|already exists/.test(message);

/**
 * A door for an agent that runs as root. What it runs speaks to systemd by a socket of root's: any user of the host can keep
 * D-Bus from taking connections, and would keep all tenants from being upgraded.
 */
export function openServiceManager(): ServiceManager {
  return {
    async start(unit, { description, words, properties }) {
      const options = properties.map(({ line }) => `--property=${line}`);
      const asked = ['--no-block', '--quiet', '--no-ask-password', `--unit=${unit}`, `--description=${description}`];
      await run('systemd-run', [...asked, ...options, '--', ...words]).catch(unless(isKnown));
    },
    async stop(pattern) {
      await run('systemctl', ['stop', '--', pattern]);
    },
    async listProcesses(unit) {
      const printed = await run('systemctl', ['show', '--property=ControlGroup', '--value', '--', unit]);
      return listGroup(printed.trim());
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

async function run(program: 'systemd-run' | 'systemctl', args: readonly string[]): Promise<string> {
  const env = { PATH: systemPath, LC_ALL: 'C', SYSTEMD_BUS_TIMEOUT: `${answerLimitMs}ms` };
  try {
    const bounds = { timeout: programLimitMs, killSignal: 'SIGKILL', maxBuffer: 64 * 1024 ** 2 } as const;
    const { stdout } = await promisify(execFile)(program, args, { cwd: '/', env, ...bounds });
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
