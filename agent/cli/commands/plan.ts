// `drover-agent plan`: what an upgrade would do.
import { z } from 'zod';
import { defineCommand } from '../agent_command.js';
import { openHost, withAgent } from '../open_host.js';
import { renderPlan } from '../../../shared/terminal/render_plan.js';
import { requestOptions, requestPlan, upgradeWords } from '../upgrade_request.js';

export const command = defineCommand({
  arguments: ['<tenant>', '[version]'],
  options: requestOptions,
  help: `Without a version the latest is meant: the highest tag that is no pre-release.
Nothing of the tenant is touched.

Examples:
  drover-agent plan testsite
  drover-agent plan testsite v0.4.0 --json | jq .hooks

Exit codes: 0 nothing to do, 10 there are changes, 2 blocked or refused, 3 the
agent went away.
`,
  input: z.object(upgradeWords),
  async execute(context, words) {
    const plan = await withAgent(context, await openHost(context), (connection) =>
      requestPlan(context, connection, words),
    );
    const { screen } = context;
    if (context.json) screen.printJson(plan);
    else screen.print(renderPlan(plan, screen.style));
    if (plan.blockers.length > 0) return 2;
    return plan.kind === 'none' ? 0 : 10;
  },
});
