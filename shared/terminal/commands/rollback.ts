// `rollback`: rolls the latest upgrade back.
import { z } from 'zod';
import { cliCommandsWith, type CliCommand, type ProgramContext } from '../cli_command.js';
import { wrapText } from '../screen/format.js';
import { flag, reason, tenant } from '../inputs.js';
import { givingReason, withOperations, type OperatorProgram } from '../operator_program.js';
import { detachedExitCode, showUpgrade } from '../stream/show_upgrade.js';

/** The command for this program. */
export function makeCommand<Context extends ProgramContext>(program: OperatorProgram<Context>): CliCommand<Context> {
  const { name } = program;
  return cliCommandsWith<Context>()({
    arguments: ['<tenant>'],
    options: {
      '--restore-database': 'discard what was written since the upgrade; the current database is set aside',
      ...program.changeOptions,
    },
    help: `Puts code, requirements, database and record back as they were before the
tenant's latest upgrade. If users have written since, it starts the current
version again and reports that, unless --restore-database discards what they
wrote. Through a controller the tenant's file must allow it: an upgrade that
succeeded needs \`allow_remote: [rollback]\`, --restore-database needs
\`allow_remote: [restore-database]\`.

Examples:
  ${name} rollback testsite
  ${name} rollback testsite --restore-database

${wrapText(`Exit codes: 0 rolled back, 1 failed or needs an operator, 2 refused, 3 ${program.unreachable}, 130 you
stopped watching (Ctrl-C).`)}
`,
    input: z.object({ tenant, restoreDatabase: flag, reason }),
    async execute(context, { tenant, restoreDatabase, reason }) {
      return withOperations(context, givingReason(program, reason), async (operations) => {
        const started = await operations.rollback(tenant, { restoreDatabase });
        const result = await showUpgrade(context, { operations, started, program: name });
        if (result === null) return detachedExitCode;
        return result.status === 'rolled_back' ? 0 : 1;
      });
    },
  });
}
