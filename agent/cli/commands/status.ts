// `drover-agent status`: the state of the tenants, whether an agent runs or not.
import { z } from 'zod';
import { isAgentRunning } from '../../local/is_running.js';
import { defineCommand } from '../agent_command.js';
import { tenant } from '../../../shared/terminal/inputs.js';
import { openHost } from '../open_host.js';
import { readStatus } from '../read_status.js';
import { needsOperator } from '../../../shared/terminal/render_tenants.js';
import { renderHostStatus, renderTenantStatus, toShown } from '../render_status.js';
import { requireTenant } from '../require_tenant.js';

export const command = defineCommand({
  arguments: ['[tenant]'],
  options: {},
  help: `Reads files only: it works with or without a running agent. With a tenant it
shows more of it. Times are UTC.

Examples:
  drover-agent status
  drover-agent status testsite
  drover-agent status --json | jq -r '.tenants[] | select(.state == "needs_operator") | .slug'

Exit codes: 0 no tenant needs an operator, 1 one does (after a failed rollback,
with an interrupted upgrade while no agent runs, or with a problem in its file),
2 there is no such tenant, or the agent's configuration is bad.
`,
  input: z.object({ tenant: tenant.optional() }),
  async execute(context, { tenant: slug }) {
    const { screen, json } = context;
    const host = await openHost(context);
    if (slug !== undefined) await requireTenant(host, slug);
    const status = await readStatus(host, { agent: await isAgentRunning(host.state.socket), screen });
    const chosen = slug === undefined ? null : (status.tenants.find((tenant) => tenant.slug === slug) ?? null);
    const about = { host: status.host, agent: status.agent, controller: status.controller };
    if (json) screen.printJson(chosen === null ? status : { ...about, ...chosen });
    else if (chosen === null) screen.print(renderHostStatus(status, screen));
    else screen.print(renderTenantStatus(status, chosen, screen.style));
    const shown = chosen === null ? status.tenants : [chosen];
    const others = chosen === null ? status.problems.length : 0;
    return shown.map(toShown).some(needsOperator) || others > 0 ? 1 : 0;
  },
});
