// Waits for a fleet plan while the hosts answer, and shows how far it is.
import { toAppError } from '../../../shared/errors.js';
import type { FleetPlan } from '../../../shared/wire/rollouts_api.js';
import type { Client } from '../../client/create_client.js';
import type { DroverContext } from '../drover_command.js';

const pauseMs = 500;
const patienceMs = 600_000;

/** The plan when it has ended; null after Ctrl-C. Throws AppError, `unreachable` after ten minutes without an answer. */
export async function watchPlan(
  context: DroverContext,
  client: Pick<Client, 'findFleetPlan'>,
  begun: FleetPlan,
): Promise<FleetPlan | null> {
  const { screen, clock, json, onSignal } = context;
  const leaving = new AbortController();
  const stopListening = onSignal('SIGINT', () => leaving.abort());
  const progress = createProgress(context);
  let plan = begun;
  let seenMs = clock.monotonicMs();
  try {
    while (plan.state === 'running') {
      if (!json) progress.show(plan);
      await clock.wait(pauseMs, leaving.signal).catch(() => undefined);
      if (leaving.signal.aborted) return null;
      try {
        plan = await client.findFleetPlan(plan.id);
        seenMs = clock.monotonicMs();
      } catch (error) {
        const lost = toAppError(error);
        if (lost.code !== 'unreachable' || clock.monotonicMs() - seenMs > patienceMs) throw lost;
        if (!json) screen.showPending(`  … ${lost.message}; trying again`);
      }
    }
    return plan;
  } finally {
    stopListening();
    screen.showPending(null);
  }
}

/** On a terminal one line that changes; elsewhere a note for each tenth of the tenants. */
function createProgress({ screen, json }: Pick<DroverContext, 'screen' | 'json'>) {
  let tenths = 0;
  return {
    show(plan: FleetPlan): void {
      const { tenants, hosts, planned } = plan;
      const failed = plan.failed.reduce((sum, one) => sum + one.tenants, 0);
      const also = failed === 0 ? '' : `, ${failed} could not be planned`;
      const text = `planned ${planned} of ${tenants} tenants on ${hosts} ${hosts === 1 ? 'host' : 'hosts'}${also}`;
      screen.showPending(`  … ${text}     Ctrl-C only stops watching`);
      const now = Math.floor((10 * (planned + failed)) / Math.max(1, tenants));
      if (screen.isTerminal || json || now <= tenths) return;
      tenths = now;
      screen.note(text);
    },
  };
}
