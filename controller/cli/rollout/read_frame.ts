// What the screen of a rollout shows besides the rollout itself: who runs, and who needs an operator.
import { toAppError } from '../../../shared/errors.js';
import type { Rollout, Target } from '../../../shared/wire/rollouts_api.js';
import type { Client } from '../../client/create_client.js';
import { isAway } from '../../client/reconnect.js';

const shown = 20;

export interface RolloutFrame {
  rollout: Rollout;
  running: readonly Target[];
  needsOperator: readonly Target[];
}

/** Asks only for lists that have something. */
export async function readFrame(client: Pick<Client, 'listTargets'>, rollout: Rollout): Promise<RolloutFrame> {
  const { id, counts } = rollout;
  const none: readonly Target[] = [];
  const [running, needsOperator] = await Promise.all([
    counts.running === 0 ? none : client.listTargets(id, { stage: 'running', limit: shown }).then(({ items }) => items),
    counts.needs_operator === 0
      ? none
      : client.listTargets(id, { outcome: 'needs_operator', limit: shown }).then(({ items }) => items),
  ]);
  return { rollout, running, needsOperator };
}

/** The same, without the lists where the controller is away just then: who watches it gets them when it is back. */
export async function readFrameIfThere(client: Pick<Client, 'listTargets'>, rollout: Rollout): Promise<RolloutFrame> {
  try {
    return await readFrame(client, rollout);
  } catch (error) {
    if (!isAway(toAppError(error))) throw error;
    return { rollout, running: [], needsOperator: [] };
  }
}
