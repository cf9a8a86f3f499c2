// The refusals of requests that look at a tenant: what its programs print may hold a secret of its configuration.
import { maskError } from '../../shared/model/error_body.js';
import { secretsOf } from '../config/tenant_file/secrets.js';
import type { TenantConfig } from '../config/tenant_file/tenant_config.js';

/** Does the work; its error comes without the tenant's secrets. */
export async function maskRefusal<T>(find: () => TenantConfig, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw maskError(error, await readSecrets(find));
  }
}

/** None where the tenant is unknown or its file is broken: then nothing of it has run. */
async function readSecrets(find: () => TenantConfig): Promise<string[]> {
  try {
    return await secretsOf(find());
  } catch {
    return [];
  }
}
