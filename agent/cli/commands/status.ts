// `drover-agent status`: how the tenants are, whether an agent runs or not.
import { z } from 'zod';
import { isAgentRunning } from '../../local/is_running.js';
import { defineCommand } from '../agent_command.js';
import { tenant } from '../../../shared/terminal/inputs.js';
import { openHost } from '../open_host.js';
import { readStatus, type TenantStatus } from '../read_status.js';
import { renderHostStatus, renderTenantStatus } from '../render_status.js';
import { requireTenant } from '../require_tenant.js';

export const command = defineCommand({
  arguments: ['[tenant]'],
  options: {},
  help: `Reads files only: it works with or without a running agent. With a tenant it
says more. Times are UTC.

Examples:
  drover-agent status
  drover-agent status testsite
  drover-agent status --json | jq -r '.tenants[] | select(.state == "needs_operator") | .tenant'

Exit codes: 0 all is well, 1 somebody is needed (a tenant waits for an operator,
an upgrade was interrupted and no agent runs, or a tenant file has a problem), 2
there is no such tenant, or the agent's configuration is bad.
`,
  input: z.object({ tenant: tenant.optional() }),
  async execute(context, { tenant: slug }) {
    const { screen, json } = context;
    const host = await openHost(context);
    if (slug !== undefined) await requireTenant(host, slug);
    const status = await readStatus(host, { agent: await isAgentRunning(host.state.socket), screen });
    const chosen = slug === undefined ? null : (status.tenants.find(({ tenant }) => tenant === slug) ?? null);
    const about = { host: status.host, agent: status.agent, controller: status.controller };
    if (json) screen.printJson(chosen === null ? status : { ...about, ...chosen });
    else if (chosen === null) screen.print(renderHostStatus(status, screen.style));
    else screen.print(renderTenantStatus(status, chosen, screen.style));
    const shown = chosen === null ? status.tenants : [chosen];
    const others = chosen === null ? status.problems.length : 0;
    return shown.some(needsSomebody) || others > 0 ? 1 : 0;
  },
});

function needsSomebody({ state, problems }: TenantStatus): boolean {
  return state === 'needs_operator' || state === 'interrupted' || problems.length > 0;
}
