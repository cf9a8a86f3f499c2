// `hooks mark`: an operator's word about a tag's hooks.
import { z } from 'zod';
import { AppError } from '../../errors.js';
import { phases } from '../../model/plan/plan.js';
import { cliCommandsWith, type CliCommand, type ProgramContext } from '../cli_command.js';
import { wrapText } from '../screen/format.js';
import { flag, requiredTag, tenant } from '../inputs.js';
import { withOperations, type OperatorProgram } from '../operator_program.js';

/** The command for this program. */
export function makeCommand<Context extends ProgramContext>(program: OperatorProgram<Context>): CliCommand<Context> {
  const { name, unreachable } = program;
  return cliCommandsWith<Context>()({
    arguments: ['<tenant>', '<tag>'],
    options: {
      '--done': 'an operator ran them by hand: do not run them again',
      '--skipped': 'this tenant does not need them',
      '--clear': 'remove the mark',
      '--phase <phase>': `only the hooks of one phase: ${phases.join(', ')}`,
      '--reason <text>': 'why; it is kept, and shown in every plan and result',
    },
    help: `A marked hook does not run in this tenant's upgrades, and their results list
it as marked. Name the hook by its own tag, not by the version of the upgrade.
Through a controller the tenant's file must allow it: \`allow_remote: [mark-hooks]\`.

Examples:
  ${name} hooks mark testsite v0.4.0 --done --reason "run by hand on Tuesday"
  ${name} hooks mark testsite v0.4.0 --skipped --phase post-migrate --reason "no cache here"
  ${name} hooks mark testsite v0.4.0 --clear

${wrapText(`Exit codes: 0 marked, 2 refused, 3 ${unreachable}.`)}
`,
    input: z.object({
      tenant,
      tag: requiredTag,
      done: flag,
      skipped: flag,
      clear: flag,
      phase: z
        .enum(phases, { error: ({ input }) => `--phase ${String(input)}: must be one of ${phases.join(', ')}` })
        .optional()
        .transform((given) => given ?? null),
      reason: z.string().max(1000, { error: 'the reason is longer than 1000 characters' }).default(''),
    }),
    async execute(context, { tenant, tag, done, skipped, clear, phase, reason }) {
      const chosen = ([done && 'done', skipped && 'skipped', clear && 'none'] as const).filter(
        (mark) => mark !== false,
      );
      const [as] = chosen;
      if (as === undefined || chosen.length > 1) {
        throw new AppError('usage', 'choose one of --done, --skipped and --clear');
      }
      if (as !== 'none' && reason.trim() === '') {
        throw new AppError('usage', 'a mark needs a reason', { hint: '--reason "run by hand on Tuesday"' });
      }
      const mark = { tag, phase, as, reason };
      await withOperations(context, program, (operations) => operations.mark(tenant, mark));
      const { screen, json } = context;
      const hooks = `the ${phase === null ? '' : `${phase} `}hooks of ${tag}`;
      if (json) screen.printJson({ tenant, ...mark });
      else if (as === 'none') screen.print(`${tenant}: ${hooks} are no longer marked.`);
      else screen.print(`${tenant}: ${hooks} are marked ${as}, and do not run (${reason}).`);
      return 0;
    },
  });
}
