// The error for a tenant that no host has reported.
import { AppError } from '../../shared/errors.js';

/** AppError `unknown-tenant`, with a hint. */
export function unknownTenant(slug: string): AppError {
  return new AppError('unknown-tenant', `no host has reported a tenant ${slug}`, {
    hint: '`drover tenants` lists the tenants; a tenant file on a connected host adds one.',
  });
}
