// `drover rollback`: turns the latest upgrade back.
import { z } from 'zod';
import { flag, tenant } from '../../../shared/terminal/inputs.js';
import { defineCommand, detachedExitCode } from '../drover_command.js';
import { openClient } from '../open_client.js';
import { showUpgrade } from '../show_upgrade.js';

export const command = defineCommand({
  arguments: ['<tenant>'],
  options: { '--restore-database': 'give up what was written since the upgrade; the database of now is set aside' },
  help: `Puts code, requirements, database and record back as they were before the
tenant's latest upgrade. If users have written since, it starts the tenant again
as it is and says so, unless --restore-database gives that up (which its host
has to allow).

Examples:
  drover rollback testsite
  drover rollback testsite --restore-database

Exit codes: 0 rolled back, 1 it failed or waits for an operator, 2 refused, 3
the controller is unreachable or the host offline, 130 no longer watched.
`,
  input: z.object({ tenant, restoreDatabase: flag }),
  async execute(context, { tenant, restoreDatabase }) {
    const client = await openClient(context);
    const upgrade = await client.rollback(tenant, { restore_database: restoreDatabase }, context.makeId());
    const result = await showUpgrade(context, { client, upgrade, from: 'rollback' });
    if (result === null) return detachedExitCode;
    return result.status === 'rolled_back' ? 0 : 1;
  },
});
