// `cancel`: cancels an upgrade that is queued or running.
import { z } from 'zod';
import { cliCommandsWith, type CliCommand, type ProgramContext } from '../cli_command.js';
import { wrapText } from '../screen/format.js';
import { flag, reason, upgradeOrTenant } from '../inputs.js';
import { givingReason, withOperations, type OperatorProgram } from '../operator_program.js';
import { detachedExitCode, showUpgrade } from '../stream/show_upgrade.js';

/** The command for this program. */
export function makeCommand<Context extends ProgramContext>(program: OperatorProgram<Context>): CliCommand<Context> {
  const { name } = program;
  return cliCommandsWith<Context>()({
    arguments: ['<upgrade>'],
    options: { '--force': 'also inside a migration; the database is then restored', ...program.changeOptions },
    help: `Takes the id of an upgrade, or its tenant. A queued upgrade never begins. Of a
running one the current command is stopped and the tenant rolled back; this
command waits for that. From the start of the services on an upgrade can no
longer be cancelled: wait for its end, then \`${name} rollback\`.

Examples:
  ${name} cancel testsite
  ${name} cancel 019ab6a1-7f00-7cc1-9a8e-2f0d7d3c5b11 --force

${wrapText(`Exit codes: 0 cancelled, 1 it ended otherwise, 2 refused, 3 ${program.unreachable}, 130 you stopped
watching (Ctrl-C).`)}
`,
    input: z.object({ upgrade: upgradeOrTenant, force: flag, reason }),
    async execute(context, { upgrade, force, reason }) {
      return withOperations(context, givingReason(program, reason), async (operations) => {
        const started = await operations.cancel(upgrade, { force });
        const result = await showUpgrade(context, { operations, started, program: name });
        if (result === null) return detachedExitCode;
        return result.status === 'cancelled' ? 0 : 1;
      });
    },
  });
}
