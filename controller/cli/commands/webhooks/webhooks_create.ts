// `drover webhooks create`: makes a webhook, and prints its secret.
import { z } from 'zod';
import { webhookEventKinds } from '../../../../shared/model/webhook_events.js';
import { webhookUrl } from '../../../../shared/wire/webhooks_api.js';
import { defineCommand } from '../../drover_command.js';
import { openClient } from '../../open_client.js';
import { reason, reasonOption } from '../../reason.js';
import { urlWord } from '../../url_word.js';
import { webhookName } from '../../webhook_inputs.js';

const kinds = z.enum(webhookEventKinds, { error: `--events are some of ${webhookEventKinds.join(', ')}` });

export const command = defineCommand({
  arguments: ['<name>', '<url>'],
  options: {
    '--events <kinds>': 'with commas between (default: all)',
    '--scope <selection>': 'only of these tenants and their hosts, such as "host~eu-*" (default: all)',
    ...reasonOption,
  },
  help: `Prints the secret that signs the deliveries, for the only time. Receivers check
it with a library of Standard Webhooks. The kinds of events:
${webhookEventKinds.map((kind) => `  ${kind}`).join('\n')}

Examples:
  drover webhooks create chat https://hooks.example.com/drover
  drover webhooks create pager https://pager.example.com/in --events upgrade.needs_operator,host.offline

Exit codes: 0 made, 2 usage, the name is in use, or the address is not allowed, 3
the controller is unreachable.
`,
  input: z.object({
    name: webhookName,
    url: urlWord('the URL of the webhook', webhookUrl),
    events: z
      .string()
      .optional()
      .transform((text) => text?.split(','))
      .pipe(z.array(kinds).optional()),
    scope: z.string().optional(),
    reason,
  }),
  async execute(context, { events, scope = null, reason, ...wish }) {
    const { screen, json } = context;
    const client = await openClient(context);
    const made = await client.createWebhook({ ...wish, ...reason, scope, ...(events === undefined ? {} : { events }) });
    if (json) screen.printJson(made);
    else screen.print(made.secret);
    screen.noteToPerson(`\`drover webhooks test ${made.name}\` sends a first event to it.`);
    return 0;
  },
});
