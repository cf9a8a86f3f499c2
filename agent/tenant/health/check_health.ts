// The health check: several successes in a row, by the same processes throughout.
import type { Clock } from '../../../shared/os/clock.js';
import { AppError } from '../../../shared/errors.js';
import { checkAccounts } from '../check_accounts.js';
import { nameOf, wordsOf } from '../configured_command.js';
import { findCommands } from '../find_command.js';
import type { Services } from '../services/services.js';
import type { ReadContext } from '../site.js';
import type { HealthConfig } from './schema.js';
import { findListeners } from './listeners.js';
import type { Try } from './try.js';
import { tryCommand } from './try_command.js';
import { showUrl, tryUrl } from './try_url.js';
import { watchServices } from './watch_services.js';

/** The first pause between tries that fail; it doubles up to the configured interval. */
const firstPauseMs = 25;
/** The minimum time for a try, also for one that begins just before the time limit. */
const lastTryMs = 5000;
/** The time limit of the one try for the plan. */
const planTryMs = 10_000;

export interface HealthCheck {
  config: HealthConfig;
  /** Null when the tenant has no services: then only the tries count. */
  services: Services | null;
  readContext: ReadContext;
  clock: Clock;
  signal: AbortSignal;
}

/** For the plan: throws AppError `missing-command` when the health check's command does not exist, or `config`. */
export async function checkHealthCommand(config: HealthConfig, readContext: ReadContext): Promise<void> {
  if (config === 'none' || 'url' in config) return;
  const { site } = readContext;
  await checkAccounts(site, { 'health.command': config.command });
  const [found] = await findCommands([config.command], readContext);
  if (found !== null) return;
  throw new AppError('missing-command', `health: no executable file for ${wordsOf(config.command)[0]}`, {
    hint: `A command is an absolute path, a path in ${site.appDir.shown} or a name on PATH, with its x bit set.`,
  });
}

/** One try, for the plan: within 10 s at most, and changes nothing. Throws only the signal's reason. */
export async function tryHealthOnce(
  config: Exclude<HealthConfig, 'none'>,
  { services, readContext }: Pick<HealthCheck, 'services' | 'readContext'>,
): Promise<Try> {
  const found = await tryTenant(config, { services, readContext, timeLimitMs: Math.min(config.timeout, planTryMs) });
  readContext.signal.throwIfAborted();
  return found;
}

/**
 * Returns once the tenant is healthy: `successes` in a row at `interval`, with no restart of a service in between.
 * Reads only, one try at a time, and may be called again. Throws AppError `unhealthy` at the time limit, sooner where the
 * services are dead, or the signal's reason.
 */
export async function checkHealth({ config, services, readContext, clock, signal }: HealthCheck): Promise<void> {
  if (config === 'none') return;
  const startedMs = clock.monotonicMs();
  const leftMs = () => config.timeout - (clock.monotonicMs() - startedMs);
  const watch = watchServices({ services, readContext: { ...readContext, signal }, clock, timeoutMs: config.timeout });
  let run: { identity: string; successes: number } | null = null;
  let pauseMs = firstPauseMs;
  const end = (reason: string, dead: string | null = null) => unhealthy(config, { reason, dead, services });
  for (;;) {
    const triedMs = clock.monotonicMs();
    const found = await tryTenant(config, {
      readContext: { ...readContext, signal },
      services,
      // The last try gets its full time too: a shortened one would hide the real reason.
      timeLimitMs: Math.max(leftMs(), Math.min(lastTryMs, config.timeout)),
    });
    signal.throwIfAborted();
    const restarted = found.healthy && run !== null && found.identity !== run.identity;
    if (!found.healthy) run = null;
    else if (run === null || restarted) run = { identity: found.identity, successes: 1 };
    else run.successes += 1;
    if (run !== null && run.successes >= config.successes) return;

    const dead = found.healthy ? null : await watch.look();
    signal.throwIfAborted();
    if (dead !== null && !found.healthy) throw end(found.reason, dead);
    if (leftMs() <= 0) {
      const good = `healthy, but not ${config.successes} times in a row`;
      throw end(found.healthy ? `${good}${restarted ? ': a service was restarted' : ''}` : found.reason);
    }
    // From the beginning of one try to the beginning of the next.
    const tookMs = clock.monotonicMs() - triedMs;
    const nextMs = found.healthy ? config.interval - tookMs : Math.min(pauseMs, config.interval);
    if (!found.healthy) pauseMs *= 2;
    await pause(clock, { ms: Math.min(nextMs, leftMs()), signal });
  }
}

type Checked = Exclude<HealthConfig, 'none'>;

async function tryTenant(
  config: Checked,
  means: { readContext: ReadContext; services: Services | null; timeLimitMs: number },
): Promise<{ healthy: true; identity: string } | { healthy: false; reason: string }> {
  const { readContext, services, timeLimitMs } = means;
  try {
    const found =
      'url' in config
        ? await tryUrl(config.url, { signal: readContext.signal, timeLimitMs })
        : await tryCommand(config.command, { readContext, timeLimitMs });
    if (!found.healthy) return found;
    if (services === null) return { healthy: true, identity: '' };
    const listeners = 'url' in config ? await findListeners(config.url) : [];
    return { healthy: true, identity: [await services.identify(readContext), ...listeners].join('\n') };
  } catch (error) {
    // A service is down or a command overran its limit: the next try may succeed.
    if (error instanceof AppError) return { healthy: false, reason: error.message };
    throw error;
  }
}

async function pause(clock: Clock, { ms, signal }: { ms: number; signal: AbortSignal }): Promise<void> {
  try {
    await clock.wait(Math.max(0, ms), signal);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}

/** `dead`: why no further try is of use, before the time limit. */
function unhealthy(
  config: Checked,
  { reason, dead, services }: { reason: string; dead: string | null; services: Services | null },
): AppError {
  const what = 'url' in config ? showUrl(config.url) : nameOf(config.command);
  const within = dead === null ? ` within ${config.timeout / 1000} s` : `: ${dead}`;
  const message = `${what} did not become healthy${within}; the last try: ${reason}`;
  const patience = ' If they only need longer to start, raise health.timeout in the tenant file.';
  return new AppError('unhealthy', message, {
    hint: `${services?.whereLogs ?? "See the app's own log."}${dead === null ? patience : ''}`,
    details: { check: what, last_try: reason, tried_ms: config.timeout },
  });
}
