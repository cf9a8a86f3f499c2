// `drover webhooks rotate`: gives a webhook another secret, and prints it.
import { z } from 'zod';
import { showTime } from '../../../../shared/os/clock.js';
import { defineCommand } from '../../drover_command.js';
import { openClient } from '../../open_client.js';
import { reason, reasonOption } from '../../reason.js';
import { webhookName } from '../../webhook_inputs.js';

export const command = defineCommand({
  arguments: ['<name>'],
  options: reasonOption,
  help: `Prints the new secret, for the only time. For 24 hours the one before signs too, so
that the receiver can change over: each delivery has a signature by either. After
that the new one alone signs.

Exit codes: 0 rotated, 2 there is no such webhook, 3 the controller is unreachable.
`,
  input: z.object({ name: webhookName, reason }),
  async execute(context, { name, reason }) {
    const { screen, json } = context;
    const rotated = await (await openClient(context)).rotateWebhook(name, reason);
    const { secret, old_secret_until: until } = rotated;
    if (json) screen.printJson(rotated);
    else screen.print(secret);
    if (until !== null) screen.noteToPerson(`The secret before it signs too until ${showTime(until)}.`);
    return 0;
  },
});
