// The events with which an ended upgrade continues.
import type { EventBody } from '../../../shared/model/journal/events.js';
import { renewTenant } from '../../config/tenant_file/renew_tenant.js';
import type { TenantConfig } from '../../config/tenant_file/tenant_config.js';
import type { FoundUpgrade } from '../../store/find_upgrades.js';

type Continuing = Extract<EventBody, { type: 'resume' | 'rollback' }>;

/** The event, with what it takes anew from the tenant file, and a line that says what differs. Throws AppError `config`. */
export function continueWith(event: Continuing, { events }: FoundUpgrade, config: TenantConfig): EventBody[] {
  const renewal = renewTenant(events, config);
  if (renewal === null) return [event];
  return [
    { ...event, config: renewal.config },
    { type: 'line', text: renewal.says },
  ];
}
