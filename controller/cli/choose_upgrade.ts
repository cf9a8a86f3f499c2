// The upgrade that an operator means: by its id, or the one of a tenant.
import { z } from 'zod';
import { AppError } from '../../shared/errors.js';
import { tenant } from '../../shared/terminal/inputs.js';
import type { Client } from '../client/create_client.js';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export const upgradeOrTenant = z.union([z.string().regex(uuid), tenant], {
  error: ({ input }) => `${JSON.stringify(input)} is neither the id of an upgrade nor a tenant such as testsite`,
});

/** The one under way (a refused one may be newer), otherwise the latest. Throws `unknown-tenant` or `unknown-upgrade`. */
export async function chooseUpgrade(client: Client, word: string): Promise<string> {
  if (uuid.test(word)) return word;
  const { items } = await client.listUpgrades({ tenant: word, limit: 50 });
  const chosen = items.find(({ status }) => status === 'queued' || status === 'running') ?? items[0];
  if (chosen !== undefined) return chosen.id;
  await client.findTenant(word);
  throw new AppError('unknown-upgrade', `${word} has had no upgrade yet`, {
    hint: `\`drover upgrade ${word}\` begins one.`,
  });
}
