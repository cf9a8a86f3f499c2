// `drover freeze start`: from then on no upgrade of its tenants starts.
import { z } from 'zod';
import { defineCommand } from '../../drover_command.js';
import { freezeName, localTime, zone } from '../../freeze_inputs.js';
import { openClient } from '../../open_client.js';
import { reason, reasonOption } from '../../reason.js';
import { describeFreeze } from '../../render/render_freezes.js';
import { checkWhere } from '../../rollout/selection_word.js';

export const command = defineCommand({
  arguments: ['<name>'],
  options: {
    '--where <selection>': 'the tenants, such as "ring=stable" (default: the whole fleet)',
    '--from <time>': 'when it begins, such as "2026-12-24 18:00" (default: now)',
    '--until <time>': 'when it ends, such as 2027-01-02 (default: when somebody ends it)',
    '--zone <zone>': 'the time zone of both, such as Europe/Berlin (default: UTC)',
    ...reasonOption,
  },
  help: `It holds rollouts and single upgrades. What runs goes on, and so do cancels,
resumes and rollbacks. \`drover freeze except\` lets tenants through.

Examples:
  drover freeze start xmas --from "2026-12-23 18:00" --until 2027-01-02 --zone Europe/Berlin
  drover freeze start audit --where "customer=acme" --reason "audit of the year"

Exit codes: 0 it holds, or will, 2 usage, the name is in use, or not allowed, 3 the
controller is unreachable.
`,
  input: z.object({
    name: freezeName,
    where: z.string().optional(),
    from: localTime('--from'),
    until: localTime('--until'),
    zone,
    reason,
  }),
  async execute(context, { name, where, from, until, zone, reason }) {
    const selection = checkWhere(where);
    const client = await openClient(context);
    const freeze = await client.startFreeze({ name, where: selection, from, until, zone, ...reason });
    if (context.json) context.screen.printJson(freeze);
    else context.screen.print(describeFreeze(freeze));
    return 0;
  },
});
