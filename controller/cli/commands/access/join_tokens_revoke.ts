// `drover join-tokens revoke`: ends a join token.
import { z } from 'zod';
import { defineCommand } from '../../drover_command.js';
import { openClient } from '../../open_client.js';
import { reason, reasonOption } from '../../reason.js';

export const command = defineCommand({
  arguments: ['<id>'],
  options: reasonOption,
  help: `No host joins with it any more; hosts that have joined with it stay.
\`drover join-tokens list\` shows the ids.

Exit codes: 0 revoked, 2 there is none, or not allowed, 3 the controller is
unreachable.
`,
  input: z.object({ id: z.string().min(1), reason }),
  async execute(context, { id, reason }) {
    const client = await openClient(context);
    const token = await client.revokeJoinToken(id, reason);
    if (context.json) context.screen.printJson(token);
    else context.screen.print(`The join token ${token.id} is revoked`);
    return 0;
  },
});
