// `drover cancel`: ends an upgrade that is pending or running.
import { z } from 'zod';
import { flag } from '../../../shared/terminal/inputs.js';
import { chooseUpgrade, upgradeOrTenant } from '../choose_upgrade.js';
import { defineCommand, detachedExitCode } from '../drover_command.js';
import { openClient } from '../open_client.js';
import { showUpgrade } from '../show_upgrade.js';

export const command = defineCommand({
  arguments: ['<upgrade>'],
  options: { '--force': 'also inside a migration; the database is then restored' },
  help: `The upgrade is meant by its id, or by its tenant. One that has not begun is
withdrawn. Otherwise what runs is stopped, the tenant is put back as it was, and
that is waited for. From the start of the services on an upgrade can no longer
be cancelled: \`drover rollback\` turns it back once it has ended.

Examples:
  drover cancel testsite
  drover cancel 019ab6a1-7f00-7cc1-9a8e-2f0d7d3c5b11 --force

Exit codes: 0 cancelled, 1 it ended otherwise, 2 refused, 3 the controller is
unreachable, 130 no longer watched.
`,
  input: z.object({ upgrade: upgradeOrTenant, force: flag }),
  async execute(context, { upgrade: word, force }) {
    const client = await openClient(context);
    const upgrade = await client.cancel(await chooseUpgrade(client, word), { force });
    const result = await showUpgrade(context, { client, upgrade, from: 'cancel' });
    if (result === null) return detachedExitCode;
    return result.status === 'cancelled' ? 0 : 1;
  },
});
