// A tenant's services: the port, and the adapter for what the tenant file says under `services`.
import type { Clock } from '../../../shared/os/clock.js';
import type { User } from '../../command/spec.js';
import { openCommands } from './configured.js';
import type { ServicesConfig } from './schema.js';
import type { Services } from './port.js';
import { openUnits, type UnitsMeans } from './units/open_units.js';

export type { Services };

export interface ServicesMeans {
  /** Runs systemctl. */
  agentUser: User;
  clock: Clock;
  /** For units: has the tenant's boot guard put in place, in its plan. */
  requireGuard?: UnitsMeans['requireGuard'];
}

/** The tenant's services, or null when it has none. */
export function openServices(config: ServicesConfig, means: ServicesMeans): Services | null {
  if (config === 'none') return null;
  return Array.isArray(config) ? openUnits(config, means) : openCommands(config, means.clock);
}
