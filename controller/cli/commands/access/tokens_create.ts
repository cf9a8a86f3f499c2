// `drover tokens create`: makes a token, and prints it once.
import { z } from 'zod';
import { duration } from '../../../../shared/config/values.js';
import { roles } from '../../../../shared/model/roles.js';
import { parseScope } from '../../../../shared/selection/parse_selection.js';
import { tokenName } from '../../../../shared/terminal/inputs.js';
import { defineCommand } from '../../drover_command.js';
import { openClient } from '../../open_client.js';
import { reason, reasonOption } from '../../reason.js';

export const command = defineCommand({
  arguments: ['<name>'],
  options: {
    '--role <role>': `what it may do: ${roles.join(', ')}`,
    '--scope <selection>': 'the tenants that it sees, by slug, host and the labels of admins (default: all)',
    '--expires-in <time>': 'how long it is good for, such as 90d (default: until it is revoked)',
    ...reasonOption,
  },
  help: `A viewer reads, an operator also changes tenants, an admin also says who may. A
token with a scope sees its tenants and their hosts, and nothing else; what is
about the whole fleet it may not use. An admin has no scope.

The token is printed now and never again: the controller keeps its hash.

Examples:
  drover tokens create anna --role operator
  drover tokens create acme-ci --role operator --scope "slug~acme-*" --expires-in 90d
  drover tokens create dashboard --role viewer | drover context add dash URL --token-stdin

Exit codes: 0 made, 2 usage, the name is in use, or your token is not one of an
admin, 3 the controller is unreachable.
`,
  input: z.object({
    name: tokenName,
    role: z.enum(roles, { error: `--role wants one of ${roles.join(', ')}` }),
    scope: z.string().optional(),
    expiresIn: z
      .string()
      .transform((text) => (duration.safeParse(text).data ?? 0) / 1000)
      .refine((seconds) => Number.isInteger(seconds) && seconds >= 60, {
        error: '--expires-in wants a time of at least 1m, such as 90d',
      })
      .optional(),
    reason,
  }),
  async execute(context, { name, role, scope, expiresIn, reason }) {
    const { screen, json } = context;
    if (scope !== undefined) parseScope(scope);
    const client = await openClient(context);
    const body = { name, role, scope: scope ?? null, expires_in_s: expiresIn ?? null };
    const made = await client.createToken({ ...body, ...reason });
    if (json) screen.printJson(made);
    else screen.print(made.token);
    screen.noteToPerson(`This is the token ${name}. Keep it now: nobody can show it again.`);
    return 0;
  },
});
