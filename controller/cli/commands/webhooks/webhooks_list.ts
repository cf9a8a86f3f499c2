// `drover webhooks list`: the webhooks, with what waits and what was given up.
import { z } from 'zod';
import { defineCommand } from '../../drover_command.js';
import { openClient } from '../../open_client.js';
import { renderWebhooks } from '../../render/render_webhooks.js';

export const command = defineCommand({
  arguments: [],
  options: {},
  help: `WAITING are deliveries that were not taken yet, FAILED those that were given up
after three days. Needs a token of an admin.

Exit codes: 0 listed, 2 the token may not, 3 the controller is unreachable.
`,
  input: z.object({}),
  async execute(context) {
    const { screen, json } = context;
    const { items } = await (await openClient(context)).listWebhooks();
    if (json) screen.printJson({ webhooks: items });
    else screen.print(renderWebhooks(items, screen));
    return 0;
  },
});
