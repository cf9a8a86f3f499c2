// Services as three configured commands: start, stop, status.
import type { Clock } from '../../../shared/os/clock.js';
import { AppError } from '../../../shared/errors.js';
import type { CommandSpec } from '../../command/spec.js';
import { findProcess } from '../../command/process/processes.js';
import { checkAccounts } from '../check_accounts.js';
import { configuredCommand, nameOf, placeOf, wordsOf } from '../configured_command.js';
import { findCommands } from '../find_command.js';
import type { ReadContext, Site } from '../site.js';
import type { ServicesConfig } from './schema.js';
import type { Services } from './port.js';

type CommandsConfig = Extract<ServicesConfig, { start: unknown }>;

/**
 * Services outlive the upgrade, and run with the same rights as those that the host starts at boot: `start` may be
 * `sudo`, and a web server may send mail.
 */
function withRights(site: Site): Site {
  return { ...site, user: { ...site.user, privileges: 'keep' } };
}

/** One name for all services: `status` has one answer for all of them. */
const allServices = 'services';
const pollEveryMs = 50;
const probeTimeLimitMs = 30_000;
/** Exit codes that mean "no". A shell exits with 126 and 127 when it could not run the command at all. */
const sayingNo = Array.from({ length: 125 }, (_, index) => index + 1);

/** The adapter for the keys `services.start`, `services.stop` and `services.status`. */
export function openCommands(config: CommandsConfig, clock: Clock): Services {
  return {
    check: (readContext) => checkCommands(config, readContext),

    async findRunning(context, timeLimitMs) {
      const { code } = await context.run('find-running', statusOf(config, context.site, timeLimitMs));
      return code === 0 ? [allServices] : [];
    },

    async look(readContext) {
      const { isUp } = await askStatus(config, readContext);
      return { running: isUp ? [allServices] : [], down: isUp ? [] : [allServices], failed: [] };
    },

    async stop(acting, { running, timeLimitMs }) {
      if (running.length === 0) return;
      const startedMs = clock.monotonicMs();
      // Only `status` decides: a stop command may fail for services that had crashed.
      const stop = { title: nameOf(config.stop), timeLimitMs, acceptExits: sayingNo };
      const { code } = await acting.run('stop', configuredCommand(withRights(acting.site), config.stop, stop));
      while (await isRunning(config, acting)) {
        if (code !== 0 || clock.monotonicMs() - startedMs >= timeLimitMs) {
          const commands = `${nameOf(config.stop)} (exit ${code ?? 'unknown'})`;
          throw new AppError('services-running', `after ${commands}, ${nameOf(config.status)} reports that they run`, {
            hint: `Check why the stop command leaves them running; it had ${timeLimitMs / 1000} s.`,
          });
        }
        await clock.wait(pollEveryMs, acting.signal);
      }
    },

    async start(acting, { running, timeLimitMs, isLeftRunning = false }) {
      if (running.length === 0) return;
      // After a failed stop the services still run, and some start commands fail then.
      const { code } = await acting.run('status-before-start', statusOf(config, acting.site, timeLimitMs));
      if (code === 0) return;
      const start = { title: nameOf(config.start), timeLimitMs, keepsChildren: true };
      const keptAtTimeLimit = isLeftRunning
        ? { isKeptAtTimeLimit: () => isRunning(config, acting).catch(() => false) }
        : {};
      await acting.run('start', {
        ...configuredCommand(withRights(acting.site), config.start, start),
        ...keptAtTimeLimit,
      });
    },

    whereLogs: "See the services' own log.",

    // Its health check asks them.
    settle: async () => {},

    async identify(readContext) {
      const { isUp, printed } = await askStatus(config, readContext);
      if (isUp) return ['running', ...identifyProcesses(printed)].join(' ');
      throw new AppError('unhealthy', `${nameOf(config.status)} reports that the services are not running`);
    },
  };
}

async function checkCommands({ start, stop, status }: CommandsConfig, readContext: ReadContext): Promise<void> {
  const { site } = readContext;
  await checkAccounts(site, { 'services.start': start, 'services.stop': stop, 'services.status': status });
  const commands = Object.entries({ start, stop, status });
  const found = await findCommands(
    commands.map(([, command]) => command),
    readContext,
  );
  const missing = commands
    .filter((_, index) => found[index] === null)
    .map(([key, command]) => `${key} (${wordsOf(command)[0]})`);
  if (missing.length === 0) return;
  throw new AppError('missing-command', `services: no executable file for ${missing.join(', ')}`, {
    hint: `A command is an absolute path, a path in ${site.appDir.shown} or a name on PATH, with its x bit set.`,
  });
}

/** The status as a command of the upgrade: called again, it returns the recorded answer. */
function statusOf(config: CommandsConfig, site: Site, timeLimitMs: number): CommandSpec {
  const title = 'status of the services';
  return configuredCommand(withRights(site), config.status, { title, timeLimitMs, quiet: true, acceptExits: sayingNo });
}

async function askStatus(
  config: CommandsConfig,
  { site, probe }: ReadContext,
): Promise<{ isUp: boolean; printed: string }> {
  const place = placeOf(withRights(site), config.status);
  const { exitCode, stdout, stderr } = await probe({ ...place, timeLimitMs: probeTimeLimitMs });
  if (exitCode === 0 || sayingNo.includes(exitCode)) return { isUp: exitCode === 0, printed: stdout };
  throw new AppError('missing-command', `${nameOf(config.status)}: exit ${exitCode}: ${stderr.trim()}`);
}

async function isRunning(config: CommandsConfig, readContext: ReadContext): Promise<boolean> {
  return (await askStatus(config, readContext)).isUp;
}

/** How many processes of what a status command prints are looked at. */
const maxProcesses = 20;

/** The processes whose pids were printed, with their start times: a pid may be used again. Those that ended count not. */
function identifyProcesses(printed: string): string[] {
  const named = [...printed.matchAll(/\bpids?\b\W{0,3}(\d{1,9})\b/gi)].map(([, pid]) => pid);
  const alone = printed.split('\n').filter((line) => /^\d{1,9}$/.test(line));
  const pids = [...named, ...alone].map(Number);
  return pids.slice(0, maxProcesses).flatMap((pid) => {
    const found = findProcess(pid);
    return found === null ? [] : [`${pid}@${found.startTime}`];
  });
}
