// Step 13, the commit point: start the services that ran before. From here on users may write, so the undo checks for
// changed data.
import { AppError } from '../../../shared/errors.js';
import type { Verdict } from '../../../shared/model/journal/events.js';
import { fingerprintBefore, runningBefore } from '../memo.js';
import type { StepBodies, StepContext } from '../step.js';
import { requireHealth } from '../actions/require_health.js';
import { requireNoHolders } from '../actions/require_no_holders.js';
import { startServicesAgain, startStoppedServices } from '../actions/start_stopped_services.js';
import { stopRunningServices } from '../actions/stop_running_services.js';

export const startServices: StepBodies = {
  async run(context) {
    await startStoppedServices(context, context.memo.get(runningBefore) ?? []);
  },

  async undo(context) {
    const running = context.memo.get(runningBefore) ?? [];
    if (running.length > 0 && (await mustDecline(context))) {
      context.say('Data was written since the start: not rolled back, nothing was stopped');
      return 'declined';
    }
    if (running.length > 0) {
      context.say('Stopping services...');
      await stopRunningServices(context, running);
    }
    if (context.verdictBefore !== null) return context.verdictBefore;
    const verdict = (await isDatabaseUnchanged(context)) ? 'undone' : judgeChange(context);
    if (verdict === 'hold') await startServicesAgain(context, running);
    // Before an operator's rollback the tenant was healthy, so it must be healthy again.
    if (verdict === 'hold' && context.progress.rollback !== null) await requireHealth(context);
    return verdict;
  },
};

/**
 * Whether it is known while the services run that an operator's rollback would lose data. False where it is not known:
 * then the services are stopped first.
 */
async function mustDecline(context: StepContext): Promise<boolean> {
  const { progress, features, hasRunTenantCode, verdictBefore, memo, config, run } = context;
  const { database } = features;
  if (progress.rollback === null || progress.rollback.restoreDatabase || verdictBefore !== null) return false;
  if (database === null || !hasRunTenantCode) return false;
  const before = memo.get(fingerprintBefore) ?? null;
  if (before === null) return true;
  try {
    // Its commands are others than those after the stop.
    const looking: StepContext = {
      ...context,
      run: (key, spec) => run(`before-stop-${key}`, { ...spec, quiet: true }),
    };
    const now = await database.fingerprint(looking, config.time_limits.backup);
    return now !== null && now !== before;
  } catch (error) {
    // Such as a database that is locked while the services write to it.
    if (error instanceof AppError) return false;
    throw error;
  }
}

async function isDatabaseUnchanged(context: StepContext): Promise<boolean> {
  const { database } = context.features;
  if (database === null) return true;
  await requireNoHolders(context, database);
  const before = context.memo.get(fingerprintBefore) ?? null;
  const now = await database.fingerprint(context, context.config.time_limits.backup);
  return before !== null && before === now;
}

/** Data was written since the start: decides whether to discard it, to keep it under the old version, or to hold. */
function judgeChange({ progress, config, hasRunTenantCode, say }: StepContext): Verdict {
  if (progress.rollback?.restoreDatabase === true) return 'undone';
  if (!hasRunTenantCode) {
    say('Data was written since the start; it is kept, as neither hooks nor migrations ran');
    return 'keep-data';
  }
  if (progress.rollback === null && config.after_start_failure === 'restore') return 'undone';
  say('Data was written since the start: the new version stays, for an operator to decide');
  return 'hold';
}
