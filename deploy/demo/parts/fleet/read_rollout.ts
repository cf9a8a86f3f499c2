// Reads a rollout from the API.
import { pageOf } from '../../../../shared/wire/api.js';
import {
  rolloutSchema,
  rolloutSummarySchema,
  targetSchema,
  type Rollout,
  type Target,
} from '../../../../shared/wire/rollouts_api.js';
import { readApi } from '../../read_api.js';
import type { DemoController } from '../../setup.js';

/** The one that was started last, with all its targets. */
export async function readLatestRollout(controller: DemoController): Promise<{ rollout: Rollout; targets: Target[] }> {
  const rollouts = await readApi(controller, 'rollouts?limit=1', pageOf(rolloutSummarySchema));
  const place = `rollouts/${rollouts?.items[0]?.id ?? ''}`;
  const rollout = await readApi(controller, place, rolloutSchema);
  const targets = await readApi(controller, `${place}/targets`, pageOf(targetSchema));
  if (rollout === null || targets === null) throw new Error('the controller does not answer');
  return { rollout, targets: targets.items };
}
