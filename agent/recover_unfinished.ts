// What an agent does whose agent.yaml cannot be used: it ends the upgrades that have begun, by the configuration in their
// journals. Their tenants may be down, and nobody but the agent may start them.
import type { Clock } from '../shared/os/clock.js';
import type { Log } from '../shared/os/log.js';
import { openHost, takeAgentLock } from './agent.js';
import { ActiveUpgrades } from './scheduler/active_upgrades.js';
import { recoverUpgrades } from './scheduler/recover.js';
import { hasStateFolder, makeStateFolder, stateFolder } from './store/state_folder.js';
import { openTombstones } from './store/tombstones.js';

export interface RecoveryOptions {
  stateDir: string;
  /** The name of the host. */
  name: string;
  log: Log;
  clock: Clock;
  /** Ends it; running commands go on, and the next agent adopts them. */
  signal: AbortSignal;
  /** Called with their number where there are any. */
  onBegin: (count: number) => void;
}

/**
 * Returns once they have ended or need an operator; at once where there are none. What waits to begin stays in the queue,
 * and the clean-up is left to the next agent. Throws AppError where another agent runs on this state folder.
 */
export async function recoverUnfinished(options: RecoveryOptions): Promise<void> {
  const { stateDir, name, log, clock, signal, onBegin } = options;
  const state = stateFolder(stateDir);
  if (!(await hasStateFolder(state))) return;
  await makeStateFolder(state);
  const lock = await takeAgentLock(state.lock);
  const host = openHost({ name, state, clock, shutdown: signal });
  const tombstones = await openTombstones(state);
  const actives = new ActiveUpgrades({ host, log, onBegin: () => undefined, onEnd: async () => undefined });
  const begun: string[] = [];
  await recoverUpgrades({
    state,
    tombstones,
    log,
    now: clock.now(),
    resume(found, cancelling) {
      begun.push(found.id);
      void actives.resume(found, cancelling);
    },
    enqueue: () => undefined,
  });
  if (begun.length > 0) onBegin(begun.length);
  await actives.idle();
  tombstones.close();
  await lock.release();
}
