// `drover rollout rollback`: takes back what a rollout has upgraded.
import { z } from 'zod';
import { confirm } from '../../../../shared/terminal/screen/confirm.js';
import { flag } from '../../../../shared/terminal/inputs.js';
import { defineCommand } from '../../drover_command.js';
import { openClient } from '../../open_client.js';
import { reason, reasonOption } from '../../reason.js';
import { chooseRollout, idPart } from '../../rollout/find_by_part.js';
import { printRollout } from './print_rollout.js';

export const command = defineCommand({
  arguments: ['[rollout]'],
  options: { '--yes': 'do not ask', ...reasonOption },
  help: `Rolls back the tenants whose latest upgrade is the one of this rollout, at most
--max-parallel at once, also of a rollout that has ended. Tenants that somebody has
upgraded or rolled back since stay as they are. Their hosts must allow it
(allow_remote: [rollback]).

Examples:
  drover rollout rollback 3f2a --reason "v0.4.0 loses drafts"

Exit codes: 0 it goes back, 1 you said no, 2 there is nothing to roll back, or no
such rollout, 3 the controller is unreachable.
`,
  input: z.object({ rollout: idPart.optional(), yes: flag, reason }),
  async execute(context, { rollout: part, yes, reason }) {
    const client = await openClient(context);
    const id = await chooseRollout(client, part);
    if (!yes) {
      const { counts, version } = await client.findRollout(id);
      const which = counts.succeeded === 1 ? '1 tenant' : `${counts.succeeded} tenants`;
      if (!(await confirm(context, `Take ${version} back from up to ${which}?`))) return 1;
    }
    return printRollout(context, client, await client.rollBackRollout(id, reason));
  },
});
