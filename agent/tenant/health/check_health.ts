// The health check: several successes in a row, by the same processes throughout.
import type { Clock } from '../../../shared/os/clock.js';
import { AppError } from '../../../shared/errors.js';
import { checkAccounts } from '../check_accounts.js';
import { nameOf, wordsOf } from '../configured_command.js';
import { findCommands } from '../find_command.js';
import type { Services } from '../services/services.js';
import type { ReadContext } from '../site.js';
import type { HealthConfig } from './schema.js';
import { tryCommand } from './try_command.js';
import { tryUrl } from './try_url.js';

/** The first pause between tries that fail; it doubles up to the configured interval. */
const firstPauseMs = 25;
/** The minimum time for a try, also for one that begins just before the time limit. */
const lastTryMs = 5000;

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

/**
 * Returns once the tenant is healthy: `successes` in a row at `interval`, with no restart of a service in between.
 * Reads only, one try at a time, and may be called again. Throws AppError `unhealthy` at the time limit, or the
 * signal's reason.
 */
export async function checkHealth({ config, services, readContext, clock, signal }: HealthCheck): Promise<void> {
  if (config === 'none') return;
  const startedMs = clock.monotonicMs();
  const leftMs = () => config.timeout - (clock.monotonicMs() - startedMs);
  let run: { identity: string; successes: number } | null = null;
  let pauseMs = firstPauseMs;
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

    if (leftMs() <= 0) {
      const good = `healthy, but not ${config.successes} times in a row`;
      throw unhealthy(config, found.healthy ? `${good}${restarted ? ': a service was restarted' : ''}` : found.reason);
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
    return { healthy: true, identity: services === null ? '' : await services.identify(readContext) };
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

function unhealthy(config: Checked, reason: string): AppError {
  const what = 'url' in config ? config.url : nameOf(config.command);
  const message = `${what} did not become healthy within ${config.timeout / 1000} s; the last try: ${reason}`;
  return new AppError('unhealthy', message, {
    hint: "See the services' own log. If they only need longer to start, raise health.timeout in the tenant file.",
    details: { check: what, last_try: reason, tried_ms: config.timeout },
  });
}
