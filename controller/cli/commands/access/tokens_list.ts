// `drover tokens list`: the tokens of people and scripts.
import { z } from 'zod';
import { defineCommand } from '../../drover_command.js';
import { listAll } from '../../list_all.js';
import { openClient } from '../../open_client.js';
import { renderTokens } from '../../render/render_tokens.js';

export const command = defineCommand({
  arguments: [],
  options: {},
  help: `Lists the oldest first, those that are revoked or expired too. The tokens
themselves are known to nobody but their owners. Times are UTC; the last use is
exact to the hour.

Examples:
  drover tokens list
  drover tokens list --json | jq -r '.tokens[] | select(.used_at == null) | .name'

Exit codes: 0 listed, 2 your token is not one of an admin, 3 the controller is
unreachable.
`,
  input: z.object({}),
  async execute(context) {
    const { screen, json, clock } = context;
    const client = await openClient(context);
    const tokens = await listAll(client.listTokens);
    if (json) screen.printJson({ tokens });
    else screen.print(renderTokens(tokens, clock.now(), screen));
    return 0;
  },
});
