// Step 14: the tenant must be healthy on the new version, several times in a row.
import { checkHealthCommand, tryHealthOnce } from '../../tenant/health/check_health.js';
import type { ServicesNow } from '../../tenant/services/port.js';
import { runningBefore } from '../memo.js';
import type { CheckContext } from '../plan/check_context.js';
import type { StepBodies } from '../step.js';
import { discardOldRequirements } from '../actions/requirements_work.js';
import { requireHealth } from '../actions/require_health.js';
import { startStoppedServices } from '../actions/start_stopped_services.js';

export const healthCheck: StepBodies = {
  async check(context) {
    const { config, collect, warn, plan } = context;
    // Commands that may not be run are not tried either: another account's could run the tenant's code.
    let mayTry = false;
    await collect(async () => {
      await checkHealthCommand(config.health, context);
      mayTry = plan.blockers.length === 0;
    });
    if (!mayTry) return;
    const now = await context.servicesNow();
    if (now !== null && now.running.length === 0) {
      warn('stopped-services', 'the services are not running: they stay stopped, and their health is not checked');
      return;
    }
    const down = now === null ? [] : findIdle(now);
    if (down.length > 0) warn('idle-services', `not running now, and not started by the upgrade: ${down.join(', ')}`);
    await tryNow(context);
  },

  async run(context) {
    // The services that step 13 started ended when the host went down.
    const running = context.memo.get(runningBefore) ?? [];
    if (context.hasRebooted && running.length > 0) await startStoppedServices(context, running);
    await requireHealth(context);
    await discardOldRequirements(context);
  },
};

const stemOf = (name: string) => name.replace(/\.[a-z]+$/, '');

/** A service whose timer or socket runs is not expected to run all the time. */
function findIdle({ running, down }: ServicesNow): string[] {
  return down.filter((name) => !running.some((other) => stemOf(other) === stemOf(name)));
}

/** A check that fails on the version that runs would fail on the new one, after the stop. */
async function tryNow({ config, features, warn, site, probe, signal }: CheckContext): Promise<void> {
  if (config.health === 'none') return;
  const readContext = { site, probe, signal };
  const tried = await tryHealthOnce(config.health, { services: features.services, readContext });
  if (tried.healthy) return;
  const outcome = config.on_failure === 'stay' ? 'fail' : 'be rolled back';
  warn('unhealthy-now', `the health check fails now already: ${tried.reason}; the upgrade would ${outcome}`);
}
