// A tenant's services: the port, and the adapter for what the tenant file says under `services`.
import type { Clock } from '../../../shared/os/clock.js';
import type { User } from '../../command/spec.js';
import { openCommands } from './configured.js';
import type { ServicesConfig } from './schema.js';
import type { Services } from './port.js';
import { openUnits } from './units.js';

export type { Services };

/** The tenant's services, or null when it has none. `agentUser` runs systemctl. */
export function openServices(config: ServicesConfig, means: { agentUser: User; clock: Clock }): Services | null {
  if (config === 'none') return null;
  return Array.isArray(config) ? openUnits(config, means.agentUser) : openCommands(config, means.clock);
}
