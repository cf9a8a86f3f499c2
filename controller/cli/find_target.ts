// Finds the upgrade that a command names, by its id or its tenant.
import { AppError } from '../../shared/errors.js';
import { isId } from '../../shared/terminal/inputs.js';
import type { Client } from '../client/create_client.js';

/**
 * The id of the upgrade; of a tenant the queued or running one (a refused one may be newer), otherwise the latest. Throws
 * AppError `unknown-tenant` or `unknown-upgrade`.
 */
export async function findTarget(client: Pick<Client, 'listUpgrades' | 'findTenant'>, target: string): Promise<string> {
  if (isId(target)) return target;
  const { items } = await client.listUpgrades({ tenant: target, limit: 50 });
  const chosen = items.find(({ status }) => status === 'queued' || status === 'running') ?? items[0];
  if (chosen !== undefined) return chosen.id;
  await client.findTenant(target);
  throw new AppError('unknown-upgrade', `${target} has had no upgrade yet`, {
    hint: `\`drover upgrade ${target}\` begins one.`,
  });
}
