// `drover-agent hooks list`: the hooks of a plan.
import { z } from 'zod';
import { defineCommand } from '../agent_command.js';
import { openHost, withAgent } from '../open_host.js';
import { renderHooks } from '../../../shared/terminal/render_plan.js';
import { renderVersions } from '../../../shared/terminal/live_stream.js';
import { requestOptions, requestPlan, upgradeWords } from '../upgrade_request.js';

export const command = defineCommand({
  arguments: ['<tenant>', '[version]'],
  options: requestOptions,
  help: `They are read from the tags themselves, and listed in the order in which they
would run.

Examples:
  drover-agent hooks list testsite
  drover-agent hooks list testsite v0.4.0

Exit codes: 0 listed, 2 the upgrade would be refused (\`drover-agent plan\` says
why), 3 the agent went away.
`,
  input: z.object(upgradeWords),
  async execute(context, words) {
    const { screen, json } = context;
    const plan = await withAgent(context, await openHost(context), (connection) =>
      requestPlan(context, connection, words),
    );
    const { tenant, previous, target, hooks, blockers } = plan;
    if (json) {
      screen.printJson({ tenant, previous, target, hooks, blockers });
    } else {
      const versions = { from: previous?.version ?? null, to: target?.version ?? null, commit: target?.commit ?? null };
      screen.print(renderVersions({ tenant, ...versions }, screen.style));
      for (const line of hooks.length === 0 ? ['no hooks'] : renderHooks(hooks, screen.style))
        screen.print(`  ${line}`);
      for (const { message } of blockers) screen.note(`drover-agent: blocked: ${message}`);
    }
    return blockers.length > 0 ? 2 : 0;
  },
});
