// `drover webhooks test`: sends an event that says nothing.
import { z } from 'zod';
import { defineCommand } from '../../drover_command.js';
import { openClient } from '../../open_client.js';
import { reason, reasonOption } from '../../reason.js';
import { webhookName } from '../../webhook_inputs.js';

export const command = defineCommand({
  arguments: ['<name>'],
  options: reasonOption,
  help: `Queues an event of the kind webhook.test, after what waits already, and tries the
first that waits at once. Deliveries are in order: the log says how it went.

Exit codes: 0 queued, 2 there is no such webhook, 3 the controller is unreachable.
`,
  input: z.object({ name: webhookName, reason }),
  async execute(context, { name, reason }) {
    const { screen, json } = context;
    const delivery = await (await openClient(context)).testWebhook(name, reason);
    const { sequence } = delivery;
    if (json) screen.printJson(delivery);
    else screen.print(`Queued as ${sequence}: \`drover webhooks deliveries ${name}\` shows how it went`);
    return 0;
  },
});
