// `drover freeze list`: the freezes.
import { z } from 'zod';
import { limit } from '../../../../shared/terminal/inputs.js';
import { defineCommand } from '../../drover_command.js';
import { openClient } from '../../open_client.js';
import { renderFreezes } from '../../render/render_freezes.js';

export const command = defineCommand({
  arguments: [],
  options: { '--limit <number>': 'at most so many (default: 20)' },
  help: `Lists the latest first, those that have ended too. Times are UTC. A token with a
scope may not.

Exit codes: 0 listed, 2 usage, or not allowed, 3 the controller is unreachable.
`,
  input: z.object({ limit }),
  async execute(context, { limit }) {
    const { screen, json } = context;
    const { items, next } = await (await openClient(context)).listFreezes({ limit });
    if (json) screen.printJson({ freezes: items, next });
    else screen.print(renderFreezes(items, screen));
    if (next !== null) screen.noteToPerson(`There are more; --limit shows more than ${limit}.`);
    return 0;
  },
});
