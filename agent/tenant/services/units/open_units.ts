// Services as systemd units, through systemctl as the agent's own user.
import { AppError } from '../../../../shared/errors.js';
import type { Clock } from '../../../../shared/os/clock.js';
import type { User } from '../../../command/spec.js';
import type { ReadContext, RunContext } from '../../site.js';
import type { Services, ServiceWork } from '../port.js';
import { identifying, openSystemctl, type Systemctl, type Unit } from './systemctl.js';
import { describeProblems, hasCrashed, isService, isStopping, isUp, mayRest, stateOf } from './unit_state.js';

/** How long started units must stay up before they count as running. */
const settleMs = 1000;

export interface UnitsMeans {
  agentUser: User;
  clock: Clock;
  /** Throws AppError where the units have no boot guard and get none. May be called again. */
  requireGuard?: ((units: readonly string[]) => Promise<void>) | undefined;
}

/** The adapter for a list of units under `services`. */
export function openUnits(configured: readonly string[], { agentUser, clock, requireGuard }: UnitsMeans): Services {
  // systemctl handles one unit after the other. Units that can start others stop first, and sockets start first: a
  // socket cannot open once its service runs.
  const names = [...configured.filter((name) => !isService(name)), ...configured.filter(isService)];
  const systemctl = openSystemctl(names, agentUser);
  return {
    whereLogs: whereLogsOf(names),

    async check(readContext) {
      requireUsable(await systemctl.show(readContext));
      await requireGuard?.(names);
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

    settle: (readContext, running) => settle(systemctl, { readContext, running, clock }),

    async identify(readContext) {
      const units = await systemctl.show(readContext);
      const crashed = units.filter(hasCrashed).map(({ name }) => name);
      if (crashed.length > 0) throw new AppError('unhealthy', `failed since it was started: ${crashed.join(', ')}`);
      return units.map(identityOf).join('\n');
    },
  };
}

/** Throws AppError `missing-unit`, with all units that cannot be stopped and started. */
function requireUsable(units: readonly Unit[]): void {
  const problems = describeProblems(units);
  if (problems.length === 0) return;
  throw new AppError('missing-unit', `services: ${problems.map(({ problem }) => problem).join('; ')}`, {
    hint: [...new Set(problems.map(({ remedy }) => remedy))].join(' '),
  });
}

/** Throws AppError `unhealthy` where one of these units does not stay up. */
async function settle(
  systemctl: Systemctl,
  { readContext, running, clock }: { readContext: ReadContext; running: readonly string[]; clock: Clock },
): Promise<void> {
  const before = await lookAtStarted(systemctl, readContext, running);
  await clock.wait(settleMs, readContext.signal);
  const after = await lookAtStarted(systemctl, readContext, running);
  const restarted = after.filter((unit, index) => identityOf(unit) !== identityOf(before[index])).map(nameOf);
  if (restarted.length === 0) return;
  throw new AppError('unhealthy', `restarted within ${settleMs / 1000} s: ${restarted.join(', ')}`, {
    hint: whereLogsOf(restarted),
  });
}

function whereLogsOf(units: readonly string[]): string {
  return `Why is in their log: \`journalctl ${units.map((unit) => `--unit=${unit}`).join(' ')} --lines=50\`.`;
}

const nameOf = ({ name }: Unit) => name;

function identityOf(unit: Unit | undefined): string {
  return [unit?.name, ...identifying.map((key) => unit?.properties.get(key) ?? '-')].join(' ');
}

/** The units of `running`. Throws AppError `unhealthy` where one of them is not up. */
async function lookAtStarted(systemctl: Systemctl, readContext: ReadContext, running: readonly string[]) {
  const units = (await systemctl.show(readContext)).filter(({ name }) => running.includes(name));
  const down = units.filter((unit) => hasCrashed(unit) || !(isUp(unit) || mayRest(unit)));
  if (down.length === 0) return units;
  const named = down.map((unit) => `${unit.name} (${stateOf(unit)})`).join(', ');
  throw new AppError('unhealthy', `not running after its start: ${named}`, { hint: whereLogsOf(down.map(nameOf)) });
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
