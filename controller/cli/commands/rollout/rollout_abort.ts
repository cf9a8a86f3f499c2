// `drover rollout abort`: ends it; what runs goes on.
import { z } from 'zod';
import { defineCommand } from '../../drover_command.js';
import { openClient } from '../../open_client.js';
import { reason, reasonOption } from '../../reason.js';
import { chooseRollout, idPart } from '../../rollout/find_by_part.js';
import { printRollout } from './print_rollout.js';

export const command = defineCommand({
  arguments: ['[rollout]'],
  options: reasonOption,
  help: `What has not begun is withdrawn, what runs goes on, and nothing else starts. Tenants
that have the version keep it: \`drover rollout rollback\` takes it back.

Examples:
  drover rollout abort 3f2a --reason "v0.4.1 comes tonight"

Exit codes: 0 it ends, 2 it has ended, or there is no such rollout, 3 the controller
is unreachable.
`,
  input: z.object({ rollout: idPart.optional(), reason }),
  async execute(context, { rollout: part, reason }) {
    const client = await openClient(context);
    const id = await chooseRollout(client, part);
    return printRollout(context, client, await client.abortRollout(id, reason));
  },
});
