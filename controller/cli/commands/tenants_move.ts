// `drover tenants move`: gives a tenant to another host.
import { z } from 'zod';
import { host, tenant } from '../../../shared/terminal/inputs.js';
import { defineCommand } from '../drover_command.js';
import { openClient } from '../open_client.js';
import { reason, reasonOption } from '../reason.js';

export const command = defineCommand({
  arguments: ['<tenant>', '<host>'],
  options: reasonOption,
  help: `The controller believes one host about a tenant: the one that reported it first.
After a tenant has moved to another machine an admin gives it to that host.
Nothing changes on the hosts. It is refused while the old host has an order or
an upgrade of the tenant that has not ended, unless that host is revoked.

Examples:
  drover tenants move testsite web-18

Exit codes: 0 moved, 2 refused, or there is no such tenant or host, 3 the
controller is unreachable.
`,
  input: z.object({ tenant, host, reason }),
  async execute(context, { tenant: slug, host, reason }) {
    const client = await openClient(context);
    const moved = await client.moveTenant(slug, { host, ...reason });
    if (context.json) context.screen.printJson(moved);
    else if (moved.state === 'missing') {
      context.screen.print(`${slug} belongs to ${host}, which does not report it yet.`);
      context.screen.noteToPerson(`Its tenant file on ${host} makes it known there.`);
    } else context.screen.print(`${slug} belongs to ${host}.`);
    return 0;
  },
});
