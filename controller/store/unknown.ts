// The errors for a tenant that no host has reported, and for a host that has not joined.
import { AppError } from '../../shared/errors.js';

/** AppError `unknown-tenant`, with a hint. */
export function unknownTenant(slug: string): AppError {
  return new AppError('unknown-tenant', `no host has reported a tenant ${slug}`, {
    hint: '`drover tenants` lists the tenants; a tenant file on a connected host adds one.',
  });
}

/** AppError `unknown-host`, with a hint. */
export function unknownHost(host: string): AppError {
  return new AppError('unknown-host', `no host ${host} has joined`, {
    hint: '`drover hosts` lists them; `drover join-tokens create` prints the command with which one joins.',
  });
}
