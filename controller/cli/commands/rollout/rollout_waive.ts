// `drover rollout waive`: leaves tenants out of a rollout.
import { z } from 'zod';
import { AppError } from '../../../../shared/errors.js';
import { defineCommand } from '../../drover_command.js';
import { openClient } from '../../open_client.js';
import { reason, reasonOption } from '../../reason.js';
import { splitTargetWords } from '../../rollout/target_words.js';
import { printRollout } from './print_rollout.js';

export const command = defineCommand({
  arguments: ['<tenant...>'],
  options: reasonOption,
  help: `They are not tried again, not rolled back, and no longer count as failures. One that is
unreachable can be waived, too: what its host has not begun is withdrawn, and what it
reports later is shown, and does not count. The first word may be a rollout; without
one the tenants are of the only open one.

Examples:
  drover rollout waive lena otto --reason "they move to the new hosts first"
  drover rollout waive 3f2a lena

Exit codes: 0 waived, 2 one is no tenant of it or is being upgraded, or it has
ended, 3 the controller is unreachable.
`,
  input: z.object({ tenant: z.array(z.string()), reason }),
  async execute(context, { tenant: words, reason }) {
    const client = await openClient(context);
    const { id, tenants } = await splitTargetWords(client, words);
    if (tenants.length === 0) {
      throw new AppError('usage', 'which tenants? None is named', { hint: `\`drover rollout waive ${id} TENANT…\`` });
    }
    return printRollout(context, client, await client.waiveTargets(id, { tenants, ...reason }));
  },
});
