// Stops the services, and makes sure that nothing of the tenant answers any more.
import { AppError } from '../../../shared/errors.js';
import { findListeners, findListeningProcesses } from '../../tenant/health/listeners.js';
import { showUrl, tryUrl } from '../../tenant/health/try_url.js';
import { raiseGuard } from './guard_units.js';
import type { StepContext } from '../step.js';

/** Stopped services may need a moment to close their sockets. */
const silenceGraceMs = 5000;
const answerWithinMs = 1000;

/**
 * Stops the services that ran. Throws AppError `services-running` where they do not go down, also where the health
 * check's URL is still answered: a process that survived the stop would serve the old version, and be taken for the new
 * one. May be called again.
 */
export async function stopRunningServices(context: StepContext, running: string[]): Promise<void> {
  const { services } = context.features;
  if (services === null) return;
  await raiseGuard(context);
  await services.stop(context, { running, timeLimitMs: context.config.time_limits.stop });
  if (running.length > 0) await requireSilence(context);
}

async function requireSilence({ config: { health }, clock, signal }: StepContext): Promise<void> {
  if (health === 'none' || !('url' in health)) return;
  const deadlineMs = clock.monotonicMs() + silenceGraceMs;
  for (let pauseMs = 10; ; pauseMs = Math.min(pauseMs * 2, 500)) {
    if (!(await tryUrl(health.url, { signal, timeLimitMs: answerWithinMs })).healthy) return;
    if (clock.monotonicMs() > deadlineMs) throw stillAnswers(health.url, await nameListeners(health.url));
    await clock.wait(pauseMs, signal);
  }
}

async function nameListeners(url: string): Promise<string> {
  const found = await findListeningProcesses(await findListeners(url));
  return found.map(({ pid, command }) => `${command} (pid ${pid})`).join(', ');
}

function stillAnswers(url: string, named: string): AppError {
  const who = named === '' ? 'by a process that cannot be found on this host' : `by ${named}`;
  return new AppError('services-running', `the services are stopped, but ${showUrl(url)} is still answered ${who}`, {
    hint: 'Let the stop command end it too, or end it by hand. If it is not of this tenant, choose a health URL that only the tenant answers.',
  });
}
