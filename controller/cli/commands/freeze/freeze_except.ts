// `drover freeze except`: lets tenants through a freeze.
import { z } from 'zod';
import { AppError } from '../../../../shared/errors.js';
import { tenant } from '../../../../shared/terminal/inputs.js';
import { defineCommand } from '../../drover_command.js';
import { freezeName } from '../../freeze_inputs.js';
import { openClient } from '../../open_client.js';
import { reason, reasonOption } from '../../reason.js';
import { renderFreezes } from '../../render/render_freezes.js';

export const command = defineCommand({
  arguments: ['<name>', '<tenant...>'],
  options: reasonOption,
  help: `They may be upgraded although it holds, alone or by a rollout. It needs a reason,
which \`drover freeze list\` shows.

Examples:
  drover freeze except xmas testsite --reason "a security fix, see INC-12"

Exit codes: 0 excepted, 2 usage, there is no such freeze, or not allowed, 3 the
controller is unreachable.
`,
  input: z.object({ name: freezeName, tenant: z.array(tenant), reason }),
  async execute(context, { name, tenant: tenants, reason }) {
    if ((reason.reason ?? '').trim() === '') {
      throw new AppError('usage', 'an exception from a freeze needs a reason', { hint: 'Say why: `--reason TEXT`.' });
    }
    const { screen, json } = context;
    const freeze = await (await openClient(context)).exceptTenants(name, { tenants, ...reason });
    if (json) screen.printJson(freeze);
    else screen.print(renderFreezes([freeze], screen));
    return 0;
  },
});
