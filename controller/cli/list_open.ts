// The upgrades that are queued or running now, which say more of a tenant than its last report.
import type { Tenant, UpgradeSummary } from '../../shared/wire/api.js';
import type { Client } from '../client/create_client.js';
import { listAll } from './list_all.js';

/** Those of these tenants and of all others; asks for none where no tenant has one. */
export async function listOpen(
  client: Pick<Client, 'listUpgrades'>,
  tenants: readonly Tenant[],
): Promise<readonly UpgradeSummary[]> {
  if (tenants.every(({ upgrade }) => upgrade === null)) return [];
  const lists = (['running', 'queued'] as const).map((status) =>
    listAll((query) => client.listUpgrades({ ...query, status })),
  );
  return (await Promise.all(lists)).flat();
}
