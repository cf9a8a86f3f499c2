// Starts the services that ran before the upgrade.
import type { StepContext } from '../step.js';

/** Returns before the services are healthy. May be called again. */
export async function startStoppedServices(context: StepContext, running: string[]): Promise<void> {
  context.say('Starting services...');
  await context.features.services?.start(context, { running, timeLimitMs: context.config.time_limits.start });
}
