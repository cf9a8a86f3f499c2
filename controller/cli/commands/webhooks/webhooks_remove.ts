// `drover webhooks remove`: removes a webhook.
import { z } from 'zod';
import { defineCommand } from '../../drover_command.js';
import { openClient } from '../../open_client.js';
import { reason, reasonOption } from '../../reason.js';
import { webhookName } from '../../webhook_inputs.js';

export const command = defineCommand({
  arguments: ['<name>'],
  options: reasonOption,
  help: `Removes it with what waits for it and with its log; nothing is sent to it any more.

Exit codes: 0 removed, 2 there is no such webhook, 3 the controller is unreachable.
`,
  input: z.object({ name: webhookName, reason }),
  async execute(context, { name, reason }) {
    const { screen, json } = context;
    await (await openClient(context)).removeWebhook(name, reason);
    if (json) screen.printJson({ name });
    else screen.print(`Removed the webhook ${name}`);
    return 0;
  },
});
