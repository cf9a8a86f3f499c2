// `drover webhooks redeliver`: sends an event again.
import { z } from 'zod';
import { defineCommand } from '../../drover_command.js';
import { openClient } from '../../open_client.js';
import { reason, reasonOption } from '../../reason.js';
import { sequence, webhookName } from '../../webhook_inputs.js';

export const command = defineCommand({
  arguments: ['<name>', '<sequence>'],
  options: reasonOption,
  help: `Sends it with its old id and number, also where it was delivered before; a receiver
that knows the id may ignore it. One that waits is tried at once.

Exit codes: 0 queued, 2 there is no such delivery, 3 the controller is unreachable.
`,
  input: z.object({ name: webhookName, sequence, reason }),
  async execute(context, { name, sequence, reason }) {
    const { screen, json } = context;
    const delivery = await (await openClient(context)).redeliver(name, sequence, reason);
    if (json) screen.printJson(delivery);
    else screen.print(`Queued: \`drover webhooks deliveries ${name}\` shows how it went`);
    return 0;
  },
});
