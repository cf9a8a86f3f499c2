// `drover-agent upgrade`: upgrades a tenant and shows it.
import { z } from 'zod';
import { exitCodeOf } from '../../../shared/model/result.js';
import { defineCommand, type AgentContext } from '../agent_command.js';
import { openHost, withAgent, type OpenHost } from '../open_host.js';
import { isUnfinished, scanUpgrades } from '../scan_upgrades.js';
import { detachedExitCode, showUpgrade } from '../show_upgrade.js';
import { makeRequest, requestOptions, upgradeWords } from '../upgrade_request.js';

export const command = defineCommand({
  arguments: ['<tenant>', '[version]'],
  options: requestOptions,
  help: `Without a version the latest is meant: the highest tag that is no pre-release.
If anything fails, the tenant is put back as it was. Ctrl-C stops watching and
leaves the upgrade to the agent; so does the end of this terminal.

Examples:
  drover-agent upgrade testsite                   to the latest version
  drover-agent upgrade testsite v0.4.0 --json     the result as one JSON object
  drover-agent upgrade testsite v0.4.0 --force    once more, hooks included

Exit codes: 0 success (or there already), 1 failed, rolled back or cancelled, 2
refused: nothing was touched, 3 the agent went away, 130 no longer watched
(Ctrl-C).
`,
  input: z.object(upgradeWords),
  async execute(context, words) {
    const host = await openHost(context);
    const { tenant } = words;
    const id = context.makeId();
    const result = await withAgent(context, host, async (connection) => {
      await connection.request({ type: 'upgrade', id, tenant, request: makeRequest(words) });
      if (!context.json) await sayIfQueued(context, host, tenant);
      return showUpgrade(context, { connection, id, tenant, after: 0 });
    });
    return result === null ? detachedExitCode : exitCodeOf(result.status);
  },
});

/** The agent answers at once, but tells nothing of an upgrade before its turn has come. */
async function sayIfQueued({ screen }: AgentContext, { config, state }: OpenHost, tenant: string): Promise<void> {
  const others: string[] = [];
  for await (const upgrade of scanUpgrades(state, screen)) {
    if (isUnfinished(upgrade)) others.push(upgrade.begin.tenant);
  }
  // The tenant's own other upgrade does not let this one wait: it is refused.
  if (others.includes(tenant) || others.length < config.max_concurrent) return;
  screen.note(
    `Queued: ${others.toSorted().join(', ')} first. This host upgrades ${config.max_concurrent} at a time (max_concurrent).`,
  );
}
