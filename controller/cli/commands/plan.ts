// `drover plan`: what an upgrade would do.
import { z } from 'zod';
import { renderPlan } from '../../../shared/terminal/render_plan.js';
import { defineCommand } from '../drover_command.js';
import { openClient } from '../open_client.js';
import { makeBody, requestOptions, upgradeWords } from '../upgrade_words.js';

export const command = defineCommand({
  arguments: ['<tenant>', '[version]'],
  options: requestOptions,
  help: `Made by the tenant's agent, now. Without a version the latest is meant: the
highest tag that is no pre-release. Nothing of the tenant is touched.

Examples:
  drover plan testsite
  drover plan testsite v0.4.0 --json | jq .hooks

Exit codes: 0 nothing to do, 10 there are changes, 2 blocked or refused, 3 the
controller is unreachable or the host offline.
`,
  input: z.object(upgradeWords),
  async execute(context, words) {
    const { screen } = context;
    const client = await openClient(context);
    screen.showPending(`  … checking ${words.tenant}`);
    const plan = await client.plan(words.tenant, makeBody(words)).finally(() => screen.showPending(null));
    if (context.json) screen.printJson(plan);
    else screen.print(renderPlan(plan, screen.style));
    if (plan.blockers.length > 0) return 2;
    return plan.kind === 'none' ? 0 : 10;
  },
});
