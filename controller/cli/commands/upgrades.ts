// `drover upgrades`: the history of upgrades, the queued and running ones included.
import { z } from 'zod';
import { statuses } from '../../../shared/model/result.js';
import { host, limit, tenant } from '../../../shared/terminal/inputs.js';
import type { UpgradesQuery } from '../../../shared/wire/api.js';
import type { Client } from '../../client/create_client.js';
import { defineCommand } from '../drover_command.js';
import { openClient } from '../open_client.js';
import { renderUpgrades } from '../render/render_upgrades.js';

export const command = defineCommand({
  arguments: [],
  options: {
    '--tenant <tenant>': 'of this tenant only',
    '--host <host>': 'on this host only',
    '--status <status>': `with this status only: ${statuses.join(', ')}`,
    '--limit <number>': 'at most so many (default: 20)',
  },
  help: `Lists the newest first. Times are UTC.

Examples:
  drover upgrades --tenant testsite
  drover upgrades --status failed --json | jq -r '.upgrades[].id'

Exit codes: 0 listed, 2 usage, or an unknown tenant or host, 3 the controller is
unreachable.
`,
  input: z.object({
    tenant: tenant.optional(),
    host: host.optional(),
    status: z.enum(statuses, { error: `--status wants one of ${statuses.join(', ')}` }).optional(),
    limit,
  }),
  async execute(context, query) {
    const { screen } = context;
    const client = await openClient(context);
    const { items, next } = await client.listUpgrades(query);
    if (items.length === 0) await requireKnown(client, query);
    if (context.json) {
      screen.printJson({ upgrades: items, next });
      return 0;
    }
    screen.print(items.length === 0 ? explainNone(query) : renderUpgrades(items, screen));
    if (next !== null) screen.noteToPerson(`There are more; --limit shows more than ${query.limit}.`);
    return 0;
  },
});

/** Throws AppError for a tenant or a host that there is not: an empty list would hide a misspelt name. */
async function requireKnown(
  client: Client,
  { tenant, host }: { tenant?: string | undefined; host?: string | undefined },
) {
  if (tenant !== undefined) await client.findTenant(tenant);
  if (host !== undefined) await client.findHost(host);
}

/** Of a list that is empty although its names are known. */
function explainNone({ tenant, host, status }: Pick<UpgradesQuery, 'tenant' | 'host' | 'status'>): string {
  const which = [
    ...(status === undefined ? [] : [`with the status ${status}`]),
    ...(tenant === undefined ? [] : [`of ${tenant}`]),
    ...(host === undefined ? [] : [`on ${host}`]),
  ];
  if (which.length > 0) return `There is no upgrade ${which.join(' ')}.`;
  return 'There is no upgrade yet.\n`drover plan TENANT` shows what one would do; `drover tenants` lists the tenants.';
}
