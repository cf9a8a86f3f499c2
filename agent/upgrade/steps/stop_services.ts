// Step 1: stop the services and remember which ran. The undo starts those and requires them to be healthy.
import { requireHealth } from '../actions/require_health.js';
import { startStoppedServices } from '../actions/start_stopped_services.js';
import { runningBefore } from '../memo.js';
import type { StepBodies } from '../step.js';

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
    // With `on_failure: stay` the services are started, without a health check.
    const stays = context.config.on_failure === 'stay' && context.progress.failure !== null;
    if (!stays) await requireHealth(context);
  },
};
