// `drover freeze end`: what it held may start again.
import { z } from 'zod';
import { defineCommand } from '../../drover_command.js';
import { freezeName } from '../../freeze_inputs.js';
import { openClient } from '../../open_client.js';
import { reason, reasonOption } from '../../reason.js';
import { describeFreeze } from '../../render/render_freezes.js';

export const command = defineCommand({
  arguments: ['<name>'],
  options: reasonOption,
  help: `Also of one that has not begun. Rollouts that it held go on by themselves.

Examples:
  drover freeze end xmas --reason "all are back"

Exit codes: 0 ended, 2 there is no such freeze, or not allowed, 3 the controller is
unreachable.
`,
  input: z.object({ name: freezeName, reason }),
  async execute(context, { name, reason }) {
    const freeze = await (await openClient(context)).endFreeze(name, reason);
    if (context.json) context.screen.printJson(freeze);
    else context.screen.print(describeFreeze(freeze));
    return 0;
  },
});
