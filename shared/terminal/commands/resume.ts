// `resume`: resumes an upgrade after a hold.
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
    options: { '--accept': 'leave the tenant as it is, and allow the next upgrade', ...program.changeOptions },
    help: `An upgrade that needs an operator (\`${name} status\` shows it, and why) tries
again what failed: its rollback, or the start of the new version. Through a
controller the tenant's file must allow it: \`allow_remote: [resume]\`.

Examples:
  ${name} resume testsite             the cause is fixed: try again
  ${name} resume testsite --accept    it is fine as it is

${wrapText(`Exit codes: 0 it no longer needs an operator, 1 it needs an operator again, 2 refused, 3
${program.unreachable}, 130 you stopped watching (Ctrl-C).`)}
`,
    input: z.object({ tenant, accept: flag, reason }),
    async execute(context, { tenant, accept, reason }) {
      return withOperations(context, givingReason(program, reason), async (operations) => {
        const started = await operations.resume(tenant, { accept });
        const result = await showUpgrade(context, { operations, started, program: name, isAccepted: accept });
        if (result === null) return detachedExitCode;
        return result.failure?.needs_operator === true ? 1 : 0;
      });
    },
  });
}
