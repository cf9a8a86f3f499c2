// `drover tenants`: the tenants of the fleet.
import { defineCommand } from '../drover_command.js';
import { listTenants, refuseBoth, tenantWords, whereOption } from '../list_tenants.js';
import { listOpen } from '../list_open.js';
import { openClient } from '../open_client.js';
import { renderTenants } from '../render/render_tenants.js';

export const command = defineCommand({
  arguments: ['[tenant]'],
  options: whereOption,
  help: `As their hosts last reported them; \`drover status\` lists those first that need an
operator.

Examples:
  drover tenants
  drover tenants --where "ring=canary & version<v0.4.0"
  drover tenants --json | jq -r '.tenants[] | select(.state == "needs_operator") | .slug'

Exit codes: 0 listed, 2 there is no such tenant, or a wrong selection, 3 the
controller is unreachable.
`,
  input: tenantWords,
  async execute(context, words) {
    refuseBoth(words);
    const { tenant: slug, where } = words;
    const client = await openClient(context);
    const tenants = slug === undefined ? await listTenants(client, where) : [await client.findTenant(slug)];
    const { screen } = context;
    const open = context.json ? [] : await listOpen(client, tenants);
    if (!context.json) screen.print(renderTenants(tenants, screen, { open, where }));
    else screen.printJson(slug === undefined ? { tenants } : tenants[0]);
    return 0;
  },
});
