// `hooks list`: the hooks of a plan.
import { cliCommandsWith, type CliCommand, type ProgramContext } from '../cli_command.js';
import { wrapText } from '../screen/format.js';
import { renderVersions } from '../stream/live_stream.js';
import { withOperations, type OperatorProgram } from '../operator_program.js';
import { renderHooks } from '../render_plan.js';
import { makeRequest, requestOptions, upgradeWords } from '../stream/upgrade_words.js';

/** The command for this program. */
export function makeCommand<Context extends ProgramContext>(program: OperatorProgram<Context>): CliCommand<Context> {
  const { name, unreachable } = program;
  return cliCommandsWith<Context>()({
    arguments: ['<tenant>', '[version]'],
    options: requestOptions,
    help: `Reads the hooks from the tags themselves, and lists them in the order in which
they would run.

Examples:
  ${name} hooks list testsite
  ${name} hooks list testsite v0.4.0

${wrapText(`Exit codes: 0 listed, 2 the upgrade would be refused (\`${name} plan\` shows why), 3 ${unreachable}.`)}
`,
    input: upgradeWords,
    async execute(context, words) {
      const { screen, json } = context;
      const plan = await withOperations(context, program, async (operations) => {
        screen.showPending(`  … checking ${words.tenant}`);
        return operations.plan(words.tenant, makeRequest(words)).finally(() => screen.showPending(null));
      });
      const { tenant, previous, target, hooks, blockers } = plan;
      if (json) {
        screen.printJson({ tenant, previous, target, hooks, blockers });
      } else {
        const versions = {
          from: previous?.version ?? null,
          to: target?.version ?? null,
          commit: target?.commit ?? null,
        };
        screen.print(renderVersions({ tenant, ...versions }, screen.style));
        for (const line of hooks.length === 0 ? ['no hooks'] : renderHooks(hooks, screen.style)) {
          screen.print(`  ${line}`);
        }
        for (const { message } of blockers) screen.note(`${name}: blocked: ${message}`);
      }
      return blockers.length > 0 ? 2 : 0;
    },
  });
}
