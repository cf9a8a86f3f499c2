// The tenant's health check, on whichever version runs.
import { checkHealth } from '../../tenant/health/check_health.js';
import { runningBefore } from '../memo.js';
import type { StepContext } from '../step.js';

/**
 * Returns once the tenant has passed its health check, if it has one, and its services stay up. Where no service ran
 * before the upgrade, they stay stopped and nothing is checked. Throws AppError `unhealthy`. May be called again.
 */
export async function requireHealth(context: StepContext): Promise<void> {
  const { config, features, clock, signal, memo } = context;
  const { services } = features;
  const running = memo.get(runningBefore) ?? [];
  if (services !== null && running.length === 0) return;
  await checkHealth({ config: config.health, services, readContext: context, clock, signal });
  await services?.settle(context, running);
  if (config.health !== 'none') context.say('Health check passed');
}
