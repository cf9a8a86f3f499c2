// The words of commands that take a rollout and tenants of it: `[rollout] [tenant...]`, both of which may be left out.
import { AppError } from '../../../shared/errors.js';
import { isId, tenant as tenantWord } from '../../../shared/terminal/inputs.js';
import type { Client } from '../../client/create_client.js';
import { listAll } from '../list_all.js';
import { chooseRollout, findIds, isIdPart } from './find_by_part.js';

/** A slug may look like a part of an id (`beef`): then it is one only where a rollout has such an id. */
export async function splitTargetWords(
  client: Pick<Client, 'listRollouts'>,
  words: readonly string[],
): Promise<{ id: string; tenants: string[] }> {
  const [first, ...rest] = words;
  if (first !== undefined && (await isRollout(client, first))) {
    return { id: await chooseRollout(client, first), tenants: rest.map(requireSlug) };
  }
  const tenants = words.map(requireSlug);
  return { id: await chooseRollout(client, undefined), tenants };
}

async function isRollout(client: Pick<Client, 'listRollouts'>, word: string): Promise<boolean> {
  if (isId(word)) return true;
  if (!isIdPart(word)) return false;
  const rollouts = await listAll((query) => client.listRollouts(query));
  return (
    findIds(
      rollouts.map(({ id }) => id),
      word,
    ).length > 0
  );
}

function requireSlug(word: string): string {
  const parsed = tenantWord.safeParse(word);
  if (parsed.success) return parsed.data;
  throw new AppError('usage', parsed.error.issues[0]?.message ?? `${word} is no tenant`);
}
