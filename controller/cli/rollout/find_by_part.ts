// Finds the rollout or the fleet plan that a command names: by its id, by part of it, or as the only one that is open.
import { z } from 'zod';
import { AppError } from '../../../shared/errors.js';
import { isId } from '../../../shared/terminal/inputs.js';
import type { Client } from '../../client/create_client.js';
import { listAll } from '../list_all.js';

const partPattern = /^[0-9a-f-]{4,36}$/;

/** An id, or its first or last four characters or more: ids of one day begin alike. */
export const idPart = z.string().regex(partPattern, {
  error: ({ input }) =>
    `${JSON.stringify(String(input).slice(0, 40))} is no id: name one in full, or by its first or last 4 characters or more`,
});

/** True for a word that could name a rollout. */
export const isIdPart = (word: string) => partPattern.test(word);

/** Which of the ids have it. */
export const findIds = (ids: readonly string[], part: string) =>
  ids.filter((id) => id.startsWith(part) || id.endsWith(part));

/** The one id that begins or ends so. Throws AppError `unknown-rollout` or `unknown-fleet-plan`, and `usage` for several. */
function chooseId(ids: readonly string[], part: string, kind: Kind): string {
  const [first, second] = findIds(ids, part);
  if (first === undefined) {
    throw new AppError(kind.unknown, `there is no ${kind.name} ${part}`, { hint: `\`${kind.list}\` lists them.` });
  }
  if (second === undefined) return first;
  throw new AppError('usage', `several ${kind.name}s have ${part}: ${first}, ${second}`, {
    hint: 'Name one in full, or by the last characters of its id.',
  });
}

interface Kind {
  name: string;
  unknown: 'unknown-rollout' | 'unknown-fleet-plan';
  list: string;
}

const rolloutKind: Kind = { name: 'rollout', unknown: 'unknown-rollout', list: 'drover rollout list' };
const planKind: Kind = { name: 'fleet plan', unknown: 'unknown-fleet-plan', list: 'drover rollout plan --list' };

/** The id of the rollout; without a word the only open one. Throws AppError. */
export async function chooseRollout(client: Pick<Client, 'listRollouts'>, part: string | undefined): Promise<string> {
  if (part !== undefined && isId(part)) return part;
  const rollouts = await listAll((query) => client.listRollouts(query));
  if (part !== undefined) {
    return chooseId(
      rollouts.map(({ id }) => id),
      part,
      rolloutKind,
    );
  }
  const open = rollouts.filter(({ ended_at: endedAt }) => endedAt === null);
  const [only, other] = open;
  if (only !== undefined && other === undefined) return only.id;
  throw new AppError(
    'usage',
    only === undefined ? 'no rollout is open' : `${open.length} rollouts are open: name one`,
    {
      hint:
        only === undefined
          ? '`drover rollout list` lists those that have ended.'
          : open.map(({ id, version, where }) => `${id}  ${version}  ${where ?? 'all tenants'}`).join('\n'),
    },
  );
}

/** The id of the fleet plan. Throws AppError. */
export async function chooseFleetPlan(client: Pick<Client, 'listFleetPlans'>, part: string): Promise<string> {
  if (isId(part)) return part;
  const plans = await listAll((query) => client.listFleetPlans(query));
  return chooseId(
    plans.map(({ id }) => id),
    part,
    planKind,
  );
}
