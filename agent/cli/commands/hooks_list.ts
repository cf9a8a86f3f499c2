// `drover-agent hooks list`: the hooks of a plan.
import { defineCommand } from '../agent_command.js';
import { renderHooks } from '../../../shared/terminal/render_plan.js';
import { renderVersions } from '../../../shared/terminal/live_stream.js';
import { withOperations } from '../../../shared/terminal/operator_program.js';
import { makeRequest, requestOptions, upgradeWords } from '../../../shared/terminal/upgrade_words.js';
import { operator } from '../operator.js';

export const command = defineCommand({
  arguments: ['<tenant>', '[version]'],
  options: { ...requestOptions, ...operator.planOptions },
  help: `Reads the hooks from the tags themselves, and lists them in the order in which
they would run.

Examples:
  drover-agent hooks list testsite
  drover-agent hooks list testsite v0.4.0

Exit codes: 0 listed, 2 the upgrade would be refused (\`drover-agent plan\`
shows why), 3 the agent disconnected.
`,
  input: upgradeWords,
  async execute(context, words) {
    const { screen, json } = context;
    const plan = await withOperations(context, operator, async (operations) => {
      screen.showPending(`  … checking ${words.tenant}`);
      return operations.plan(words.tenant, makeRequest(words)).finally(() => screen.showPending(null));
    });
    const { tenant, previous, target, hooks, blockers } = plan;
    if (json) {
      screen.printJson({ tenant, previous, target, hooks, blockers });
    } else {
      const versions = { from: previous?.version ?? null, to: target?.version ?? null, commit: target?.commit ?? null };
      screen.print(renderVersions({ tenant, ...versions }, screen.style));
      for (const line of hooks.length === 0 ? ['no hooks'] : renderHooks(hooks, screen.style)) {
        screen.print(`  ${line}`);
      }
      for (const { message } of blockers) screen.note(`drover-agent: blocked: ${message}`);
    }
    return blockers.length > 0 ? 2 : 0;
  },
});
