// `drover-agent rollback`: turns the latest upgrade back.
import { z } from 'zod';
import { defineCommand } from '../agent_command.js';
import { flag, tenant } from '../../../shared/terminal/inputs.js';
import { operateUpgrade } from '../operate_upgrade.js';

export const command = defineCommand({
  arguments: ['<tenant>'],
  options: { '--restore-database': 'give up what was written since the upgrade; the database of now is set aside' },
  help: `Puts code, requirements, database and record back as they were before the
tenant's latest upgrade. If users have written since, it starts the tenant again
as it is and says so, unless --restore-database gives that up.

Examples:
  drover-agent rollback testsite
  drover-agent rollback testsite --restore-database

Exit codes: 0 rolled back, 1 it failed or waits for an operator, 2 refused, 3
the agent went away, 130 no longer watched.
`,
  input: z.object({ tenant, restoreDatabase: flag }),
  execute(context, { tenant, restoreDatabase }) {
    const ids = { request_id: context.makeId(), id: context.makeId() };
    return operateUpgrade(
      context,
      { type: 'rollback', ...ids, tenant, restore_database: restoreDatabase },
      ({ status }) => status === 'rolled_back',
    );
  },
});
