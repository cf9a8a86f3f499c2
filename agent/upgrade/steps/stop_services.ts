// Step 1: stop the services, remembering which of them ran; undone by starting those and seeing them healthy.
import { checkHealth } from '../../tenant/health/check_health.js';
import { runningBefore } from '../memo.js';
import type { StepBodies, StepContext } from '../step.js';

export const stopServices: StepBodies = {
  async check({ features, collect, ...readContext }) {
    await collect(async () => features.services?.check(readContext));
  },

  async run(context) {
    const { services } = context.features;
    if (services === null) return;
    const timeLimitMs = context.config.time_limits.stop;
    const running = await context.memo.once(runningBefore, () => services.findRunning(context, timeLimitMs));
    await services.stop(context, { running, timeLimitMs });
  },

  async undo(context) {
    const running = context.memo.get(runningBefore) ?? [];
    if (running.length > 0) await startStoppedServices(context, running);
    // Where a failed upgrade stays on what it reached, the services are started and no more is promised.
    const stays = context.config.on_failure === 'stay' && context.progress.failure !== null;
    if (!stays) await requireHealth(context);
  },
};

/** Starts those that ran before. May be called again. */
export async function startStoppedServices(context: StepContext, running: string[]): Promise<void> {
  context.say('Starting services...');
  await context.features.services?.start(context, { running, timeLimitMs: context.config.time_limits.start });
}

/**
 * Returns once the tenant has passed its health check, if it has one. A tenant whose services were stopped before is left
 * so, and what is stopped has no health.
 */
export async function requireHealth(context: StepContext): Promise<void> {
  const { config, features, clock, signal, memo } = context;
  const wasStopped = features.services !== null && (memo.get(runningBefore) ?? []).length === 0;
  if (config.health === 'none' || wasStopped) return;
  await checkHealth({ config: config.health, services: features.services, readContext: context, clock, signal });
  context.say('Health check passed');
}
