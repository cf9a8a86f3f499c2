// `drover rollout approve`: lets plan classes, or the next wave, run.
import { z } from 'zod';
import { AppError } from '../../../../shared/errors.js';
import { flag } from '../../../../shared/terminal/inputs.js';
import type { Client } from '../../../client/create_client.js';
import { defineCommand } from '../../drover_command.js';
import { openClient } from '../../open_client.js';
import { reason, reasonOption } from '../../reason.js';
import { approveWords, toClasses } from '../../rollout/approve_words.js';
import { chooseRollout, idPart } from '../../rollout/find_by_part.js';
import { printRollout } from './print_rollout.js';

export const command = defineCommand({
  arguments: ['[rollout]'],
  options: {
    '--plan <classes>': 'plan classes that may run from now on, such as 2a91,77c0; or letters of its fleet plan',
    '--next-wave': 'open the wave that waits for it',
    ...reasonOption,
  },
  help: `\`drover rollout show\` lists the classes that nobody has approved, with their
tenants. Without a rollout it is about the only open one.

Examples:
  drover rollout approve --next-wave
  drover rollout approve 3f2a --plan 77c0 --reason "looked at with the release team"

Exit codes: 0 approved, 2 there is no such class, nothing waits, or it has ended, 3
the controller is unreachable.
`,
  input: z.object({ rollout: idPart.optional(), plan: approveWords('--plan'), nextWave: flag, reason }),
  async execute(context, { rollout: part, plan: words, nextWave, reason }) {
    if (words === undefined && !nextWave) {
      throw new AppError('usage', 'what is approved? Say --plan CLASSES, --next-wave, or both');
    }
    const client = await openClient(context);
    const id = await chooseRollout(client, part);
    const classes = words === undefined ? [] : await findClasses(client, { id, words });
    const body = { plan_classes: classes, next_wave: nextWave, ...reason };
    return printRollout(context, client, await client.approve(id, body));
  },
});

/** First digits as they are; `all` are those that nobody has approved and nothing blocks; letters are of the rollout's fleet plan. */
async function findClasses(client: Client, { id, words }: { id: string; words: readonly string[] }): Promise<string[]> {
  if (words.every((word) => /^[0-9a-f]{4,}$/.test(word))) return [...words];
  const { plan, unapproved } = await client.findRollout(id);
  if (words.includes('all')) {
    const free = unapproved.filter(({ blockers }) => blockers.length === 0);
    if (free.length > 0) return free.map(({ plan_class: own }) => own);
    if (unapproved.length === 0) throw new AppError('usage', `all plans of the rollout ${id} are approved`);
    throw new AppError('usage', `the other plans of the rollout ${id} are blocked`, {
      hint: `Mend what blocks them, then approve them by their digits: \`drover rollout show ${id}\`.`,
    });
  }
  if (plan !== null) return toClasses(words, await client.findFleetPlan(plan));
  throw new AppError('usage', `the rollout ${id} was started without a fleet plan, so classes have no letters`);
}
