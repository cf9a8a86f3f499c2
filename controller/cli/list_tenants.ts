// The tenants that a command is about: all, or those that a selection selects.
import { z } from 'zod';
import { AppError } from '../../shared/errors.js';
import { tenant } from '../../shared/terminal/inputs.js';
import { parseSelection } from '../../shared/selection/parse_selection.js';
import type { Tenant } from '../../shared/wire/api.js';
import type { Client } from '../client/create_client.js';
import { listAll } from './list_all.js';

export const whereOption = {
  '--where <selection>': 'only those that it selects, such as "ring=canary & version<v0.4.0 | slug~acme-*"',
};

/** The words of a command that is about one tenant, or lists them. */
export const tenantWords = z.object({ tenant: tenant.optional(), where: z.string().optional() });

/** Every tenant, or those that are selected. Throws AppError `invalid` for a wrong selection, before it asks. */
export async function listTenants(client: Pick<Client, 'listTenants'>, where: string | undefined): Promise<Tenant[]> {
  if (where !== undefined) parseSelection(where);
  return listAll((query) => client.listTenants(where === undefined ? query : { ...query, where }));
}

/** Throws AppError `usage` for a tenant and a selection at once. */
export function refuseBoth({ tenant, where }: { tenant?: string | undefined; where?: string | undefined }): void {
  if (tenant === undefined || where === undefined) return;
  throw new AppError('usage', 'choose a tenant or --where, not both');
}
