// `drover rollout watch`: the screen of a rollout that one keeps open.
import { z } from 'zod';
import { defineCommand } from '../../drover_command.js';
import { openClient } from '../../open_client.js';
import { chooseRollout, idPart } from '../../rollout/find_by_part.js';
import { watchRollout } from '../../rollout/watch_rollout.js';

export const command = defineCommand({
  arguments: ['[rollout]'],
  options: {},
  help: `Shows it until it has ended, or is halted and waits for somebody. On a terminal the
screen is redrawn, p pauses and resumes, a aborts after a question, and q stops
watching; a pipe gets a line for each change. Ctrl-C only stops watching: the
rollout goes on. With --json each change is a line with the whole rollout.

Examples:
  drover rollout watch
  drover rollout watch 3f2a && echo all tenants have it

Exit codes: 0 done, 1 halted, aborted, or done with failures, 2 there is no such
rollout, 3 the controller is unreachable, 130 after Ctrl-C or q.
`,
  input: z.object({ rollout: idPart.optional() }),
  async execute(context, { rollout }) {
    const client = await openClient(context);
    return watchRollout(context, client, await chooseRollout(client, rollout));
  },
});
