// The state of a tenant at the end of an upgrade, in words: whether it is up, and on which version.
import type { ServicesState } from './result.js';

export interface TenantAtEnd {
  tenant: string;
  services: ServicesState | null;
  version: string | null;
  /** It runs, and fails its health check. */
  isUnhealthy?: boolean;
}

const stopped = 'services were not running and stay stopped';

/** Such as `DOWN on v0.4.0`. `again` follows the version. */
export function describePlace(
  { services, version, isUnhealthy = false }: Omit<TenantAtEnd, 'tenant'>,
  again = '',
): string {
  const on = `on ${version ?? 'an unknown version'}${again}`;
  switch (services) {
    case 'running':
      return `up ${on}${isUnhealthy ? ', but not healthy' : ''}`;
    case 'down':
      return `DOWN ${on}`;
    case 'stopped':
      return `${on}, ${stopped}`;
    case 'unknown':
      return `perhaps DOWN ${on}, its services do not say`;
    default:
      return on;
  }
}

/** Such as `anna is DOWN on v0.4.0`: what a message about a tenant begins with. */
export function describeState({ tenant, ...place }: TenantAtEnd): string {
  return `${tenant} is ${describePlace(place)}`;
}
