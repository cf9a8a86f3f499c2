// Step 1: stop the services and remember which ran. The undo starts those and requires them to be healthy.
import { requireHealth } from '../actions/require_health.js';
import { startServicesAgain } from '../actions/start_stopped_services.js';
import { stopRunningServices } from '../actions/stop_running_services.js';
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
    context.say(running.length === 0 ? 'Services were not running and stay stopped' : 'Stopping services...');
    await stopRunningServices(context, running);
    if (running.length > 0) context.say('Services stopped');
  },

  async undo(context) {
    const running = context.memo.get(runningBefore) ?? [];
    // They may have been started before the upgrade was held: then they run on what a resume has replaced since.
    if (context.progress.undoneSinceResume.size > 0) await stopRunningServices(context, running);
    await startServicesAgain(context, running);
    // With `on_failure: stay` the services are started, without a health check.
    const stays = context.config.on_failure === 'stay' && context.progress.failure !== null;
    if (!stays) await requireHealth(context);
  },
};
