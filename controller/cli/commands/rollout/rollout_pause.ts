// `drover rollout pause`: nothing of it starts until it is resumed.
import { z } from 'zod';
import { defineCommand } from '../../drover_command.js';
import { openClient } from '../../open_client.js';
import { reason, reasonOption } from '../../reason.js';
import { chooseRollout, idPart } from '../../rollout/find_by_part.js';
import { printRollout } from './print_rollout.js';

export const command = defineCommand({
  arguments: ['[rollout]'],
  options: reasonOption,
  help: `What has not begun is withdrawn, what runs goes on. Without a rollout it pauses the
only open one.

Examples:
  drover rollout pause --reason "the support desk has questions"

Exit codes: 0 paused, 2 it has ended, or there is no such rollout, 3 the controller
is unreachable.
`,
  input: z.object({ rollout: idPart.optional(), reason }),
  async execute(context, { rollout: part, reason }) {
    const client = await openClient(context);
    const id = await chooseRollout(client, part);
    return printRollout(context, client, await client.pauseRollout(id, reason));
  },
});
