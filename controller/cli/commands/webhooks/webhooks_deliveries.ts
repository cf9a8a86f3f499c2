// `drover webhooks deliveries`: the log of a webhook's deliveries.
import { z } from 'zod';
import { webhookDeliveryStates } from '../../../../shared/wire/webhooks_api.js';
import { defineCommand } from '../../drover_command.js';
import { openClient } from '../../open_client.js';
import { renderDeliveries } from '../../render/render_webhooks.js';
import { webhookName } from '../../webhook_inputs.js';

const limitMessage = '--limit wants a whole number from 1 to 1000';

export const command = defineCommand({
  arguments: ['<name>'],
  options: {
    '--state <state>': `only those that are ${webhookDeliveryStates.join(', ')}`,
    '--limit <number>': 'at most so many (default: 20)',
  },
  help: `Lists the latest first. Times are UTC. Ended deliveries are kept for 30 days.

Examples:
  drover webhooks deliveries chat --state failed
  drover webhooks redeliver chat 17

Exit codes: 0 listed, 2 there is no such webhook, 3 the controller is unreachable.
`,
  input: z.object({
    name: webhookName,
    state: z
      .enum(webhookDeliveryStates, { error: `--state wants one of ${webhookDeliveryStates.join(', ')}` })
      .optional(),
    limit: z
      .string()
      .regex(/^(1000|[1-9]\d{0,2})$/, { error: limitMessage })
      .default('20')
      .transform(Number),
  }),
  async execute(context, { name, ...query }) {
    const { screen, json } = context;
    const { items, next } = await (await openClient(context)).listWebhookDeliveries(name, query);
    if (json) screen.printJson({ deliveries: items, next });
    else if (items.length > 0) screen.print(renderDeliveries(items, screen));
    else screen.print(`No delivery to ${name} ${query.state === undefined ? 'was queued yet' : `is ${query.state}`}.`);
    if (next !== null) screen.noteToPerson(`There are more; --limit shows more than ${query.limit}.`);
    return 0;
  },
});
