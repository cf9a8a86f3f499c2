// `drover audit`: the changes that were made, by whom and why.
import { z } from 'zod';
import { host, limit, tenant } from '../../../../shared/terminal/inputs.js';
import { defineCommand } from '../../drover_command.js';
import { openClient } from '../../open_client.js';
import { renderAudit } from '../../render/render_tokens.js';

export const command = defineCommand({
  arguments: [],
  options: {
    '--tenant <tenant>': 'to this tenant only',
    '--host <host>': 'on this host only',
    '--by <name>': 'by this token only',
    '--action <change>': 'of this kind only, such as upgrade or tokens.revoke',
    '--limit <number>': 'at most so many (default: 20)',
  },
  help: `Lists every change that was asked for, the latest first: when, by which token,
from which address, on what and why. A token with a scope sees the changes to its
tenants. Times are UTC.

Examples:
  drover audit --tenant testsite
  drover audit --by acme-ci --json | jq -r '.changes[] | [.at, .action, .tenant] | @tsv'

Exit codes: 0 listed, 2 usage, or your token is one of a viewer, 3 the controller
is unreachable.
`,
  input: z.object({
    tenant: tenant.optional(),
    host: host.optional(),
    by: z.string().min(1, { error: '--by wants the name of a token' }).optional(),
    action: z.string().min(1, { error: '--action wants a change such as upgrade' }).optional(),
    limit,
  }),
  async execute(context, query) {
    const { screen } = context;
    const client = await openClient(context);
    const { items, next } = await client.listAudit(query);
    if (context.json) screen.printJson({ changes: items, next });
    else screen.print(renderAudit(items, screen));
    if (next !== null) screen.noteToPerson(`There are more; --limit shows more than ${query.limit}.`);
    return 0;
  },
});
