// Starts the services that ran before the upgrade.
import { AppError, toAppError } from '../../../shared/errors.js';
import type { StepName } from '../../../shared/model/step_names.js';
import { isOutOfResources } from '../../command/os_errors.js';
import { runningBefore } from '../memo.js';
import { lowerGuard } from './guard_units.js';
import type { StepContext } from '../step.js';
import { restoresDatabase } from './restores_database.js';

/** Returns before the services are healthy. Where none ran, all may be started from now on. May be called again. */
export async function startStoppedServices(context: StepContext, running: string[]): Promise<void> {
  await lowerGuard(context);
  if (running.length === 0) return;
  context.say('Starting services...');
  await context.features.services?.start(context, { running, timeLimitMs: context.config.time_limits.start });
}

/**
 * Starts them in a rollback. The state decides: where all of them run, a start command that failed or never returned is
 * only a warning. May be called again.
 */
export async function startServicesAgain(context: StepContext, running: string[]): Promise<void> {
  const { services } = context.features;
  await lowerGuard(context);
  if (services === null || running.length === 0) return;
  context.say('Starting services...');
  try {
    await services.start(context, { running, timeLimitMs: context.config.time_limits.start, isLeftRunning: true });
  } catch (error) {
    if (!(error instanceof AppError) || isOutOfResources(error)) throw error;
    const now = await services.look(context).catch(() => null);
    context.signal.throwIfAborted();
    if (now === null || !running.every((name) => now.running.includes(name))) throw error;
    context.warn(`${error.message}; the services run all the same`);
  }
}

/**
 * Before an upgrade is held for an operator: starts the services that ran before, so that the tenant is not down until
 * somebody comes. Not where users' writes could be lost by it (a resume may still restore the database), nor where the
 * code is neither the old nor the new version. Warns where they do not start. May be called again.
 */
export async function startServicesAtHold(context: StepContext): Promise<void> {
  const running = context.memo.get(runningBefore) ?? [];
  if (context.features.services === null || running.length === 0 || !mayRunAtHold(context)) return;
  try {
    await startServicesAgain(context, running);
  } catch (error) {
    context.signal.throwIfAborted();
    context.warn(`the services could not be started before the upgrade stopped: ${toAppError(error).message}`);
  }
}

function mayRunAtHold(context: StepContext): boolean {
  const { begun, undone } = context.progress;
  const isLeft = (step: StepName) => begun.has(step) && !undone.has(step);
  // The new version is whole, and a resume compares the data before it restores any.
  if (isLeft('start-services')) return true;
  const isOld = !(['hooks-pre-pull', 'checkout', 'install-requirements'] as const).some(isLeft);
  return isOld && isLeft('backup-database') && !restoresDatabase(context);
}
