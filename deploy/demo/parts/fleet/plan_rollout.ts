// The plan of a release for the whole fleet.
import type { Setup } from '../../setup.js';
import { fleetPlanSchema, fleetPlanSummarySchema } from '../../../../shared/wire/rollouts_api.js';
import { pageOf } from '../../../../shared/wire/api.js';
import { readApi } from '../../read_api.js';
import { showAndRead } from '../../shown_command.js';
import { verify } from '../../verify.js';
import type { Fleet } from './grow_fleet.js';

const exitOfChanges = 10;

/** Returns the command line that the plan prints; it starts a rollout of all its classes. */
export async function planRollout(setup: Setup, { controller }: Fleet, tag: string): Promise<string> {
  const { exitCode, stdout } = await showAndRead(setup, `drover rollout plan ${tag}`);
  verify('the exit code of the plan says that there are changes (10)', exitCode, exitOfChanges);
  const plans = await readApi(controller, 'rollouts/plans?limit=1', pageOf(fleetPlanSummarySchema));
  const id = plans?.items[0]?.id ?? '';
  const plan = await readApi(controller, `rollouts/plans/${id}`, fleetPlanSchema);
  verify(
    'it has two classes: tenants that come from v0.7.0, and tenants that come from v0.5.0',
    plan?.classes.map(({ tenants, plan: { previous } }) => [tenants, previous?.version]),
    [
      [8, 'v0.7.0'],
      [4, 'v0.5.0'],
    ],
  );
  const [start = ''] = /drover rollout start .*/.exec(stdout) ?? [];
  verify('it has printed the command that starts a rollout', start.includes(id), true);
  return start;
}
