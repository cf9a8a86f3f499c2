// `drover-agent resume`: goes on after a hold.
import { z } from 'zod';
import { defineCommand } from '../agent_command.js';
import { flag, tenant } from '../../../shared/terminal/inputs.js';
import { operateUpgrade } from '../operate_upgrade.js';

export const command = defineCommand({
  arguments: ['<tenant>'],
  options: { '--accept': 'leave the tenant as it is, and let it be upgraded again' },
  help: `An upgrade that waits for an operator (\`drover-agent status\` says so, and why)
tries again what failed: its rollback, or the start of the new version.

Examples:
  drover-agent resume testsite             the cause is gone: try again
  drover-agent resume testsite --accept    it is fine as it is

Exit codes: 0 nobody is needed any more, 1 it waits for an operator again, 2
refused, 3 the agent went away, 130 no longer watched.
`,
  input: z.object({ tenant, accept: flag }),
  execute: (context, { tenant, accept }) =>
    operateUpgrade(
      context,
      { type: 'resume', request_id: context.makeId(), tenant, accept },
      ({ failure }) => failure?.needs_operator !== true,
    ),
});
