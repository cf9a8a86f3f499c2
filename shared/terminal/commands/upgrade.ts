// `upgrade`: upgrades a tenant and shows it.
import { exitCodeOf } from '../../model/result.js';
import { cliCommandsWith, type CliCommand, type ProgramContext } from '../cli_command.js';
import { wrapText } from '../screen/format.js';
import { flag, reason } from '../inputs.js';
import type { Started } from '../operations.js';
import { givingReason, withOperations, type OperatorProgram } from '../operator_program.js';
import { detachedExitCode, showUpgrade } from '../stream/show_upgrade.js';
import { makeRequest, requestOptions, startWithin, upgradeWords } from '../stream/upgrade_words.js';

/** The command for this program. */
export function makeCommand<Context extends ProgramContext>(program: OperatorProgram<Context>): CliCommand<Context> {
  const { name, upgradeHelp } = program;
  return cliCommandsWith<Context>()({
    arguments: ['<tenant>', '[version]'],
    options: { ...requestOptions, ...program.upgradeOptions, ...program.changeOptions },
    help: `${wrapText(`Without a version it takes the highest stable tag. If anything fails, the tenant is rolled back.
${upgradeHelp.paragraph} Ctrl-C ends the display and leaves the upgrade to the agent; so does the end of this terminal.`)}

Examples:
  ${name} upgrade testsite                   to the highest stable tag
  ${name} upgrade testsite v0.4.0 --json     the result as one JSON object
  ${name} upgrade testsite v0.4.0 --force    once more, hooks included
${upgradeHelp.examples}
${wrapText(`Exit codes: 0 success or nothing to do, 1 failed, rolled back or cancelled, 2 refused, and nothing was
touched, 3 ${program.unreachable}, 130 you stopped watching (Ctrl-C).`)}
`,
    input: upgradeWords.extend({ startWithin, detach: flag, reason }),
    async execute(context, { detach, reason, startWithin: startWithinS, ...words }) {
      return withOperations(context, givingReason(program, reason), async (operations) => {
        const started = await operations.upgrade(words.tenant, makeRequest(words), { startWithinS });
        if (detach) return printStarted(context, name, started);
        const result = await showUpgrade(context, { operations, started, program: name });
        return result === null ? detachedExitCode : exitCodeOf(result.status);
      });
    },
  });
}

function printStarted({ screen, json }: ProgramContext, program: string, { id, tenant, result }: Started): number {
  if (json) screen.printJson(result);
  else screen.print(`${id}: the upgrade of ${tenant} is stored. \`${program} logs ${id} -f\` follows it.`);
  return 0;
}
