// `drover status`: the state of the fleet's tenants, those that need an operator first; or one tenant in full.
import { needsOperator } from '../../../shared/terminal/render_tenants.js';
import type { Tenant } from '../../../shared/wire/api.js';
import { defineCommand } from '../drover_command.js';
import { listTenants, refuseBoth, tenantWords, whereOption } from '../list_tenants.js';
import { listOpen } from '../list_open.js';
import { openClient } from '../open_client.js';
import { renderTenants, renderTenantStatus, toShown } from '../render/render_tenants.js';

const shownUpgrades = 5;

export const command = defineCommand({
  arguments: ['[tenant]'],
  options: whereOption,
  help: `Shows the tenants as their hosts last reported them, those that need an operator
first. With a tenant it shows more of it, and its last ${shownUpgrades} upgrades. Times are UTC.

Examples:
  drover status
  drover status testsite
  drover status --where "host~eu-*"
  drover status --json | jq -r '.tenants[] | select(.state == "needs_operator") | .slug'

Exit codes: 0 no tenant needs an operator, 1 one does (after a failed rollback,
with a work tree that was changed by hand, or with a problem in its file),
2 there is no such tenant, or a wrong selection, 3 the controller is unreachable.
`,
  input: tenantWords,
  async execute(context, words) {
    refuseBoth(words);
    const { tenant: slug, where } = words;
    const { screen, json } = context;
    const client = await openClient(context);
    if (slug === undefined) {
      const tenants = sortByNeed(await listTenants(client, where));
      if (json) screen.printJson({ tenants });
      else screen.print(renderTenants(tenants, screen, { open: await listOpen(client, tenants), where }));
      return tenants.some(isInNeed) ? 1 : 0;
    }
    const found = await client.findTenant(slug);
    const { items: upgrades } = await client.listUpgrades({ tenant: slug, limit: shownUpgrades });
    if (json) screen.printJson({ ...found, upgrades });
    else screen.print(renderTenantStatus(found, upgrades, screen.style));
    return isInNeed(found) ? 1 : 0;
  },
});

const isInNeed = (tenant: Tenant) => needsOperator(toShown(tenant));

/** Those that need an operator first; otherwise in the order that they have. */
function sortByNeed(tenants: readonly Tenant[]): Tenant[] {
  return [...tenants.filter(isInNeed), ...tenants.filter((tenant) => !isInNeed(tenant))];
}
