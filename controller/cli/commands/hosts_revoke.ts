// `drover hosts revoke`: ends the key of a host.
import { z } from 'zod';
import { host } from '../../../shared/terminal/inputs.js';
import { defineCommand } from '../drover_command.js';
import { openClient } from '../open_client.js';
import { reason, reasonOption } from '../reason.js';

export const command = defineCommand({
  arguments: ['<host>'],
  options: reasonOption,
  help: `For a host that was stolen or is gone: its key is refused from now on, and its
connection is closed at once. Its tenants stay with it until they are moved. It
may join again with a join token that names it in full.

Examples:
  drover hosts revoke web-17 --reason "stolen, see INC-12"

Exit codes: 0 revoked, 2 it has no key, or not allowed, 3 the controller is
unreachable.
`,
  input: z.object({ host, reason }),
  async execute(context, { host: name, reason }) {
    const client = await openClient(context);
    const revoked = await client.revokeHost(name, reason);
    if (context.json) context.screen.printJson(revoked);
    else context.screen.print(`The key of ${revoked.host} is revoked`);
    return 0;
  },
});
