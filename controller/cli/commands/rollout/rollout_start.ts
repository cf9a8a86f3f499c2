// `drover rollout start`: upgrades many tenants in waves.
import { z } from 'zod';
import { AppError } from '../../../../shared/errors.js';
import { flag, optionalTag } from '../../../../shared/terminal/inputs.js';
import type { RolloutBody } from '../../../../shared/wire/rollouts_api.js';
import type { Client } from '../../../client/create_client.js';
import { defineCommand } from '../../drover_command.js';
import { openClient } from '../../open_client.js';
import { reason, reasonOption } from '../../reason.js';
import { approveWords, requireApproval, toClasses } from '../../rollout/approve_words.js';
import { chooseFleetPlan, idPart } from '../../rollout/find_by_part.js';
import { checkWhere } from '../../rollout/selection_word.js';
import { makeSettings, settingsOptions, settingsWords } from '../../rollout/start_words.js';
import { watchRollout } from '../../rollout/watch_rollout.js';
import { printRollout } from './print_rollout.js';

const words = settingsWords.extend({
  version: optionalTag,
  where: z.string().optional(),
  plan: idPart.optional(),
  approve: approveWords('--approve'),
  commit: z
    .string()
    .regex(/^[0-9a-f]{40,64}$/, { error: '--commit wants a whole commit id: 40 hexadecimal digits or more' })
    .optional(),
  watch: flag,
  reason,
});

export const command = defineCommand({
  arguments: ['[version]'],
  options: {
    '--plan <id>': 'the fleet plan whose tag, commit, tenants and classes it takes',
    '--approve <classes>': 'the classes of the plan that may run: A,B or 2a91,77c0, or all',
    '--where <selection>': 'the tenants, such as "ring=stable" (default: those of the plan, or all)',
    ...settingsOptions,
    '--commit <sha>': 'the commit of the tag, where hosts disagree',
    '--watch': 'watch it until it has ended, or waits for somebody',
    ...reasonOption,
  },
  help: `Its tenants are fixed now. The first wave is the canary; each wave starts when the
one before has passed and soaked. It halts by itself at too many failures.
With --plan only tenants whose plan is approved run. Without one several hosts
are asked for the tag, and every plan runs.

Examples:
  drover rollout start --plan 3f2a --approve A,B --watch
  drover rollout start v0.4.0 --where ring=stable --canary 5 --waves 10%,50% --soak 30m
  drover rollout start v0.4.0 --window "mon-fri 22:00-05:00 Europe/Berlin" --failures 2%

Exit codes: 0 started, with --watch as \`drover rollout watch\`, 2 usage or refused,
3 the controller is unreachable, or no host could be asked.
`,
  input: words,
  async execute(context, input) {
    const where = checkWhere(input.where);
    if (input.approve !== undefined && input.plan === undefined) {
      throw new AppError('usage', '--approve names classes of a fleet plan, and --plan is missing', {
        hint: '`drover rollout plan` makes one, and prints the command that starts its rollout.',
      });
    }
    const client = await openClient(context);
    const { version, commit = null } = input;
    const body = { version, where, commit, ...makeSettings(input), ...(await findPlan(client, input)) };
    const rollout = await client.startRollout({ ...body, ...input.reason }, context.makeId());
    if (!input.watch) return printRollout(context, client, rollout);
    if (!context.json) context.screen.note(`Started the rollout ${rollout.id}.`);
    return watchRollout(context, client, rollout.id);
  },
});

async function findPlan(
  client: Client,
  { plan: part, approve }: z.infer<typeof words>,
): Promise<Partial<Pick<RolloutBody, 'plan' | 'approve'>>> {
  if (part === undefined) return {};
  const plan = await client.findFleetPlan(await chooseFleetPlan(client, part));
  return { plan: plan.id, approve: toClasses(requireApproval(approve, plan), plan) };
}
