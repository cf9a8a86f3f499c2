// `drover upgrade`: upgrades a tenant and shows it.
import { z } from 'zod';
import { exitCodeOf } from '../../../shared/model/result.js';
import { flag } from '../../../shared/terminal/inputs.js';
import { defineCommand, detachedExitCode } from '../drover_command.js';
import { openClient } from '../open_client.js';
import { showUpgrade, toResult } from '../show_upgrade.js';
import { makeBody, requestOptions, startWithin, upgradeWords } from '../upgrade_words.js';

export const command = defineCommand({
  arguments: ['<tenant>', '[version]'],
  options: {
    ...requestOptions,
    '--start-within <time>': 'how long it may take to begin, such as 8h for a host that is away; an hour without it',
    '--detach': 'do not watch: end as soon as the controller has stored it',
  },
  help: `Without a version the latest is meant: the highest tag that is no pre-release.
If anything fails, the tenant is put back as it was. Where its host is offline
it begins when the host is back, if that is in time (--start-within). Ctrl-C
stops watching and leaves the upgrade to the agent; so does the end of this
terminal.

Examples:
  drover upgrade testsite                   to the latest version
  drover upgrade testsite v0.4.0 --json     the result as one JSON object
  drover upgrade testsite v0.4.0 --force    once more, hooks included
  drover upgrade testsite --detach          and look at it later

Exit codes: 0 success (or there already, or stored with --detach), 1 failed,
rolled back or cancelled, 2 refused: nothing was touched, 3 the controller is
unreachable, 130 no longer watched (Ctrl-C).
`,
  input: z.object({ ...upgradeWords, startWithin, detach: flag }),
  async execute(context, { detach, startWithin: start_within_s, ...words }) {
    const { screen, json, makeId } = context;
    const client = await openClient(context);
    const body = { ...makeBody(words), ...(start_within_s === undefined ? {} : { start_within_s }) };
    const upgrade = await client.upgrade(words.tenant, body, makeId());
    if (detach) {
      const { id, tenant } = upgrade;
      if (json) screen.printJson(toResult(upgrade));
      else screen.print(`${id}: the upgrade of ${tenant} is stored. \`drover logs ${id} -f\` watches it.`);
      return 0;
    }
    const result = await showUpgrade(context, { client, upgrade, from: 'begin' });
    return result === null ? detachedExitCode : exitCodeOf(result.status);
  },
});
