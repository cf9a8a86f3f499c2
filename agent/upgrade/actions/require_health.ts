// The tenant's health check, on whichever version runs.
import { checkHealth } from '../../tenant/health/check_health.js';
import { runningBefore } from '../memo.js';
import type { StepContext } from '../step.js';

/**
 * Returns once the tenant has passed its health check, if it has one. Where no service ran before the upgrade, they
 * stay stopped and the check is skipped. Throws AppError `unhealthy`. May be called again.
 */
export async function requireHealth(context: StepContext): Promise<void> {
  const { config, features, clock, signal, memo } = context;
  const wasStopped = features.services !== null && (memo.get(runningBefore) ?? []).length === 0;
  if (config.health === 'none' || wasStopped) return;
  await checkHealth({ config: config.health, services: features.services, readContext: context, clock, signal });
  context.say('Health check passed');
}
