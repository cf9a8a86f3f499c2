// `drover tokens revoke`: revokes a token.
import { z } from 'zod';
import { tokenName } from '../../../../shared/terminal/inputs.js';
import { defineCommand } from '../../drover_command.js';
import { openClient } from '../../open_client.js';
import { reason, reasonOption } from '../../reason.js';

export const command = defineCommand({
  arguments: ['<name>'],
  options: reasonOption,
  help: `The controller refuses it from now on, and ends the logs that are followed with
it. Upgrades that it asked for go on. Its name can be used again.

Example:
  drover tokens revoke acme-ci --reason "it was in a public log"

Exit codes: 0 revoked, 2 there is no such token, or yours is not one of an
admin, 3 the controller is unreachable.
`,
  input: z.object({ name: tokenName, reason }),
  async execute(context, { name, reason }) {
    const { screen, json } = context;
    const client = await openClient(context);
    const token = await client.revokeToken(name, reason);
    if (json) screen.printJson(token);
    else screen.print(`${name} is revoked.`);
    return 0;
  },
});
