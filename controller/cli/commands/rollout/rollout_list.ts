// `drover rollout list`: the rollouts.
import { z } from 'zod';
import { limit } from '../../../../shared/terminal/inputs.js';
import { defineCommand } from '../../drover_command.js';
import { openClient } from '../../open_client.js';
import { renderRollouts } from '../../render/rollout/render_rollouts.js';

export const command = defineCommand({
  arguments: [],
  options: { '--limit <number>': 'at most so many (default: 20)' },
  help: `Lists the newest first. TENANTS are those that have ended, of all; FAIL are failures
that count, of as many as halt it. Times are UTC.

Examples:
  drover rollout list
  drover rollout list --json | jq -r '.rollouts[] | select(.state == "halted") | .id'

Exit codes: 0 listed, 2 usage, 3 the controller is unreachable.
`,
  input: z.object({ limit }),
  async execute(context, { limit }) {
    const { screen, json } = context;
    const { items, next } = await (await openClient(context)).listRollouts({ limit });
    if (json) screen.printJson({ rollouts: items, next });
    else screen.print(renderRollouts(items, screen));
    if (next !== null) screen.noteToPerson(`There are more; --limit shows more than ${limit}.`);
    return 0;
  },
});
