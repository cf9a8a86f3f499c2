// `drover rollout resume`: goes on with one that is paused or halted.
import { z } from 'zod';
import { defineCommand } from '../../drover_command.js';
import { openClient } from '../../open_client.js';
import { reason, reasonOption } from '../../reason.js';
import { chooseRollout, idPart } from '../../rollout/find_by_part.js';
import { share } from '../../rollout/number_words.js';
import { printRollout } from './print_rollout.js';

export const command = defineCommand({
  arguments: ['[rollout]'],
  options: {
    '--failures <share>': 'it halts at so many failures from now on: a number or a percentage',
    ...reasonOption,
  },
  help: `One that halted for its failures goes on once they are tried again (\`drover rollout
retry\`), waived (\`drover rollout waive\`), or allowed: --failures is the new limit.

Examples:
  drover rollout resume
  drover rollout resume 3f2a --failures 10 --reason "five of them are test tenants"

Exit codes: 0 it runs, 2 too many failures, it has ended, or there is no such
rollout, 3 the controller is unreachable.
`,
  input: z.object({ rollout: idPart.optional(), failures: share('--failures'), reason }),
  async execute(context, { rollout: part, reason, failures }) {
    const client = await openClient(context);
    const id = await chooseRollout(client, part);
    return printRollout(
      context,
      client,
      await client.resumeRollout(id, { ...reason, ...(failures === undefined ? {} : { failures }) }),
    );
  },
});
