// Services as systemd units, through systemctl as the agent's own user.
import { AppError } from '../../../shared/errors.js';
import { readData } from '../../command/output/read_data.js';
import type { CommandSpec, User } from '../../command/spec.js';
import { minimalEnvironment, type ReadContext, type RunContext } from '../site.js';
import type { Services, ServiceWork } from './port.js';

const probeTimeLimitMs = 30_000;

/** A unit's name and its systemd properties; some units, such as sockets, have no main process. */
interface Unit {
  name: string;
  properties: ReadonlyMap<string, string>;
}

/** The access to systemd for these units. */
interface Systemctl {
  /** `systemctl` with these words, as the agent's own user. */
  command(words: readonly string[], timeLimitMs: number): CommandSpec;
  /** The present state of the units. */
  show(readContext: ReadContext): Promise<Unit[]>;
  /** The state as a command of the upgrade: called again, it returns the recorded answer. */
  showOnce(context: RunContext, asked: { key: string; timeLimitMs: number }): Promise<Unit[]>;
}

function openSystemctl(names: readonly string[], agentUser: User): Systemctl {
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

/** The adapter for a list of units under `services`. */
export function openUnits(configured: readonly string[], agentUser: User): Services {
  // systemctl handles one unit after the other. Units that can start others stop first, and sockets start first: a
  // socket cannot open once its service runs.
  const names = [...configured.filter((name) => !isService(name)), ...configured.filter(isService)];
  const systemctl = openSystemctl(names, agentUser);
  return {
    async check(readContext) {
      const problems = (await systemctl.show(readContext)).flatMap((unit) => describeProblem(unit) ?? []);
      if (problems.length === 0) return;
      throw new AppError('missing-unit', `services: ${problems.join('; ')}`, {
        hint: 'Install or unmask the units, run systemctl daemon-reload, or correct services in the tenant file.',
      });
    },

    async findRunning(context, timeLimitMs) {
      const units = await systemctl.showOnce(context, { key: 'find-running', timeLimitMs });
      return units.filter(isUp).map(({ name }) => name);
    },

    async look(readContext) {
      const units = await systemctl.show(readContext);
      const named = (is: (unit: Unit) => boolean) => units.filter(is).map(({ name }) => name);
      return {
        running: named(isUp),
        down: named((unit) => !isUp(unit)),
        failed: named((unit) => stateOf(unit) === 'failed'),
      };
    },

    async stop(acting, { running, timeLimitMs }) {
      // Stop all units, also those that are down: a timer or socket could start one of them again.
      const stop = systemctl.command(['stop', ...names], timeLimitMs);
      await acting.run('stop', { ...stop, quiet: running.length === 0 });
      const stillUp = (await systemctl.show(acting)).filter((unit) => !['inactive', 'failed'].includes(stateOf(unit)));
      if (stillUp.length === 0) return;
      const found = stillUp.map((unit) => `${unit.name} (${stateOf(unit)})`).join(', ');
      throw new AppError('services-running', `after systemctl stop these units are not down: ${found}`, {
        hint: 'A socket, timer or another unit may have started them again: list it under services as well.',
      });
    },

    async start(context, { running, timeLimitMs }) {
      if (running.length === 0) return;
      // systemd refuses to start units that crashed too often until their count is reset: the old version would stay
      // down. systemctl exits 1 for units that it has not loaded; those have no count.
      const reset = systemctl.command(['reset-failed', ...names], timeLimitMs);
      await context.run('reset-failed', { ...reset, quiet: true, acceptExits: [1] });
      await startUnits(systemctl, context, { running, timeLimitMs });
    },

    async identify(readContext) {
      const units = await systemctl.show(readContext);
      const crashed = units.filter(hasCrashed).map(({ name }) => name);
      if (crashed.length > 0) throw new AppError('unhealthy', `failed since it was started: ${crashed.join(', ')}`);
      return units
        .map((unit) => [unit.name, ...identifying.map((key) => unit.properties.get(key) ?? '-')].join(' '))
        .join('\n');
    },
  };
}

async function startUnits(
  systemctl: Systemctl,
  context: RunContext,
  { running, timeLimitMs }: ServiceWork,
): Promise<void> {
  const start = systemctl.command(['start', ...running], timeLimitMs);
  try {
    await context.run('start', start);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'time-limit') throw error;
    // systemd starts a unit whose stop hangs only when it is down; that may take longer than the time limit, or
    // forever.
    const hanging = (await systemctl.showOnce(context, { key: 'find-hanging', timeLimitMs })).filter(isStopping);
    if (hanging.length === 0) throw error;
    const kill = systemctl.command(['kill', '--signal=SIGKILL', ...hanging.map(({ name }) => name)], timeLimitMs);
    await context.run('kill', { ...kill, acceptExits: [1] });
    await context.run('start-again', start);
  }
}

const identifying = ['MainPID', 'InvocationID', 'NRestarts'] as const;

function showCommand(names: readonly string[]): [string, ...string[]] {
  const properties = ['LoadState', 'ActiveState', 'SubState', ...identifying];
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

function stateOf(unit: Unit): string {
  return unit.properties.get('ActiveState') ?? 'unknown';
}

/** A unit in `auto-restart` has crashed and waits for its next start. */
function hasCrashed(unit: Unit): boolean {
  return stateOf(unit) === 'failed' || (unit.properties.get('SubState') ?? '').startsWith('auto-restart');
}

/** `activating` counts: a unit that waits for its automatic restart was running. */
function isUp(unit: Unit): boolean {
  return ['active', 'activating', 'reloading', 'refreshing'].includes(stateOf(unit));
}

function isStopping(unit: Unit): boolean {
  return stateOf(unit) === 'deactivating';
}

function isService(name: string): boolean {
  return name.endsWith('.service');
}

function describeProblem({ name, properties }: Unit): string | null {
  const loadState = properties.get('LoadState') ?? 'unknown';
  if (loadState === 'loaded') return null;
  if (loadState === 'not-found') return `${name} does not exist`;
  return loadState === 'masked' ? `${name} is masked` : `${name} cannot be loaded (${loadState})`;
}
