// `drover rollout retry`: tries tenants again that failed or never started.
import { z } from 'zod';
import { confirm } from '../../../../shared/terminal/screen/confirm.js';
import { flag } from '../../../../shared/terminal/inputs.js';
import type { Retried } from '../../../../shared/wire/rollouts_api.js';
import { defineCommand } from '../../drover_command.js';
import { openClient } from '../../open_client.js';
import { reason, reasonOption } from '../../reason.js';
import { renderRetried } from '../../render/rollout/render_retried.js';
import { splitTargetWords } from '../../rollout/target_words.js';
import { isStopped } from './print_rollout.js';

export const command = defineCommand({
  arguments: ['[tenant...]'],
  options: {
    '--fixed': 'what made them fail is mended: try those again, too, that failed at this very commit',
    '--yes': 'do not ask',
    ...reasonOption,
  },
  help: `Takes those that failed, were rolled back, refused or cancelled, or never started;
with names only these. It shows which they are, and asks. The first word may be a
rollout; without one it is the only open one. One that is halted goes on with
\`drover rollout resume\`.

Examples:
  drover rollout retry --fixed --reason "the disks have room again"
  drover rollout retry 3f2a lena otto --yes

Exit codes: 0 they are tried again, 1 you said no, 2 there are none, they are held
until --fixed, or it has ended, 3 the controller is unreachable.
`,
  input: z.object({ tenant: z.array(z.string()).default([]), fixed: flag, yes: flag, reason }),
  async execute(context, { tenant: words, fixed, yes, reason }) {
    const { screen, json } = context;
    const client = await openClient(context);
    const { id, tenants } = await splitTargetWords(client, words);
    const body = { tenants, fixed };
    if (!yes) {
      const wanted = await client.retryTargets(id, { ...body, dry_run: true });
      if (!json && wanted.retried.length + wanted.held.length > 0) screen.note(renderRetried(wanted, screen.style));
      // Without any the request says why.
      if (wanted.retried.length > 0 && !(await confirm(context, question(wanted)))) return 1;
    }
    const retried = await client.retryTargets(id, { ...body, ...reason });
    if (json) {
      screen.printJson(retried);
      return 0;
    }
    screen.print(describe(retried, id));
    const rollout = await client.findRollout(id);
    if (isStopped(rollout)) {
      screen.print(`The rollout is ${rollout.state}: \`drover rollout resume ${id}\` goes on with it.`);
    }
    return 0;
  },
});

const describe = ({ retried }: Retried, id: string) =>
  retried.length === 1
    ? `1 tenant of the rollout ${id} is tried again.`
    : `${retried.length} tenants of the rollout ${id} are tried again.`;
const question = ({ retried }: Retried) =>
  retried.length === 1 ? 'Try it again?' : `Try these ${retried.length} again?`;
