// `drover-agent cancel`: ends an upgrade that is under way.
import { z } from 'zod';
import { defineCommand } from '../agent_command.js';
import { flag, tenant } from '../../../shared/terminal/inputs.js';
import { operateUpgrade } from '../operate_upgrade.js';

export const command = defineCommand({
  arguments: ['<tenant>'],
  options: { '--force': 'also inside a migration; the database is then restored' },
  help: `Stops what runs, puts the tenant back as it was, and waits for that. From the
start of the services on an upgrade can no longer be cancelled: \`drover-agent
rollback\` turns it back once it has ended.

Examples:
  drover-agent cancel testsite
  drover-agent cancel testsite --force

Exit codes: 0 cancelled, 1 it ended otherwise, 2 refused, 3 the agent went away,
130 no longer watched.
`,
  input: z.object({ tenant, force: flag }),
  execute: (context, { tenant, force }) =>
    operateUpgrade(
      context,
      { type: 'cancel', request_id: context.makeId(), tenant, force },
      ({ status }) => status === 'cancelled',
    ),
});
