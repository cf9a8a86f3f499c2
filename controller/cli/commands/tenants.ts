// `drover tenants`: the tenants of the fleet.
import { z } from 'zod';
import { tenant } from '../../../shared/terminal/inputs.js';
import { defineCommand } from '../drover_command.js';
import { listAll } from '../list_all.js';
import { listOpen } from '../list_open.js';
import { openClient } from '../open_client.js';
import { renderTenants } from '../render_tenants.js';

export const command = defineCommand({
  arguments: ['[tenant]'],
  options: {},
  help: `As their hosts last reported them; \`drover status\` lists those first that need an
operator.

Examples:
  drover tenants
  drover tenants --json | jq -r '.tenants[] | select(.state == "needs_operator") | .slug'

Exit codes: 0 listed, 2 there is no such tenant, 3 the controller is unreachable.
`,
  input: z.object({ tenant: tenant.optional() }),
  async execute(context, { tenant: slug }) {
    const client = await openClient(context);
    const tenants = slug === undefined ? await listAll(client.listTenants) : [await client.findTenant(slug)];
    const { screen } = context;
    if (!context.json) screen.print(renderTenants(tenants, screen, await listOpen(client, tenants)));
    else screen.printJson(slug === undefined ? { tenants } : tenants[0]);
    return 0;
  },
});
