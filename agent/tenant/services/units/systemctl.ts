// systemctl as the agent's own user: its commands, and what it shows of units.
import { AppError } from '../../../../shared/errors.js';
import { readData } from '../../../command/output/read_data.js';
import type { CommandSpec, User } from '../../../command/spec.js';
import { minimalEnvironment, type ReadContext, type RunContext } from '../../site.js';

const probeTimeLimitMs = 30_000;

/** A unit's name and its systemd properties; some units, such as sockets, have no main process. */
export interface Unit {
  name: string;
  properties: ReadonlyMap<string, string>;
}

/** The access to systemd for these units. */
export interface Systemctl {
  /** `systemctl` with these words, as the agent's own user. */
  command(words: readonly string[], timeLimitMs: number): CommandSpec;
  /** The present state of the units. */
  show(readContext: ReadContext): Promise<Unit[]>;
  /** The state as a command of the upgrade: called again, it returns the recorded answer. */
  showOnce(context: RunContext, asked: { key: string; timeLimitMs: number }): Promise<Unit[]>;
}

/** systemd's view of these units. */
export function openSystemctl(names: readonly string[], agentUser: User): Systemctl {
  const place = { user: agentUser, cwd: '/', env: minimalEnvironment(agentUser) };
  const command: Systemctl['command'] = (words, timeLimitMs) => ({
    ...place,
    title: `systemctl ${words.join(' ')}`,
    argv: ['systemctl', ...words],
    timeLimitMs,
  });
  return {
    command,
    async show(readContext) {
      const argv = showCommand(names);
      const { exitCode, stdout, stderr } = await readContext.probe({ ...place, argv, timeLimitMs: probeTimeLimitMs });
      if (exitCode === 0) return parseUnits(names, stdout);
      throw new AppError('missing-command', `systemctl does not answer (exit ${exitCode}): ${stderr.trim()}`, {
        hint: 'Units need a running systemd; elsewhere configure services as { start, stop, status } commands.',
      });
    },
    async showOnce(context, { key, timeLimitMs }) {
      const spec = { ...command(showCommand(names).slice(1), timeLimitMs), title: 'show the units', quiet: true };
      const { outputPath } = await context.run(key, spec);
      return parseUnits(names, await readData(outputPath));
    },
  };
}

/** What changes when a unit is started again. */
export const identifying = ['MainPID', 'InvocationID', 'NRestarts'] as const;

/** What tells whether a unit can be stopped and started, and whether it has to run all the time. */
const abilities = ['NeedDaemonReload', 'CanStart', 'CanStop', 'Type', 'TriggeredBy'] as const;
/** What tells which other units come and go with it. */
const bonds = ['Names', 'ConsistsOf', 'Wants', 'Requires'] as const;

function showCommand(names: readonly string[]): [string, ...string[]] {
  const properties = [...identifying, 'LoadState', 'ActiveState', 'SubState', ...abilities, ...bonds];
  return ['systemctl', 'show', `--property=${properties.join(',')}`, ...names];
}

/** Parses `systemctl show`: a paragraph of `key=value` for each unit, in the order asked (an alias has another Id). */
function parseUnits(names: readonly string[], output: string): Unit[] {
  const paragraphs = output.trim().split(/\n{2,}/);
  return names.map((name, index) => {
    const lines = (paragraphs[index] ?? '').split('\n').filter((line) => line.includes('='));
    const pairs = lines.map((line): [string, string] => {
      const at = line.indexOf('=');
      return [line.slice(0, at), line.slice(at + 1)];
    });
    const properties = new Map(pairs);
    if (properties.has('ActiveState')) return { name, properties };
    throw new AppError('missing-unit', `systemctl show printed nothing about ${name}: ${output.trim()}`);
  });
}
