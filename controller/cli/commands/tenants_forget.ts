// `drover tenants forget`: forgets a tenant that no host reports any more.
import { z } from 'zod';
import { tenant } from '../../../shared/terminal/inputs.js';
import { defineCommand } from '../drover_command.js';
import { openClient } from '../open_client.js';
import { reason, reasonOption } from '../reason.js';

export const command = defineCommand({
  arguments: ['<tenant>'],
  options: reasonOption,
  help: `Takes a tenant that is \`missing\` off the lists, with its labels and the versions
that it had; its upgrades stay. The first host that reports it again gets it.

Examples:
  drover tenants forget testsite --reason "the customer has left"

Exit codes: 0 forgotten, 2 a host still reports it, or there is no such tenant,
3 the controller is unreachable.
`,
  input: z.object({ tenant, reason }),
  async execute(context, { tenant: slug, reason }) {
    const client = await openClient(context);
    const forgotten = await client.forgetTenant(slug, reason);
    if (context.json) context.screen.printJson(forgotten);
    else context.screen.print(`${slug} is forgotten.`);
    return 0;
  },
});
