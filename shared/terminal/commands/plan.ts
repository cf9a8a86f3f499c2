// `plan`: what an upgrade would do.
import { cliCommandsWith, type CliCommand, type ProgramContext } from '../cli_command.js';
import { wrapText } from '../screen/format.js';
import { withOperations, type OperatorProgram } from '../operator_program.js';
import { renderPlan } from '../render_plan.js';
import { makeRequest, requestOptions, upgradeWords } from '../stream/upgrade_words.js';

/** The command for this program. */
export function makeCommand<Context extends ProgramContext>(program: OperatorProgram<Context>): CliCommand<Context> {
  return cliCommandsWith<Context>()({
    arguments: ['<tenant>', '[version]'],
    options: requestOptions,
    help: `The tenant's agent makes the plan now, and touches nothing of the tenant.
Without a version it takes the highest stable tag.

Examples:
  ${program.name} plan testsite
  ${program.name} plan testsite v0.4.0 --json | jq .hooks

${wrapText(`Exit codes: 0 nothing to do, 10 changes, 2 blocked or refused, 3 ${program.unreachable}.`)}
`,
    input: upgradeWords,
    async execute(context, words) {
      const { screen, json } = context;
      const plan = await withOperations(context, program, async (operations) => {
        screen.showPending(`  … checking ${words.tenant}`);
        return operations.plan(words.tenant, makeRequest(words)).finally(() => screen.showPending(null));
      });
      if (json) screen.printJson(plan);
      else screen.print(renderPlan(plan, screen.style));
      if (plan.blockers.length > 0) return 2;
      return plan.kind === 'none' ? 0 : 10;
    },
  });
}
