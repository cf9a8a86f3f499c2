// The entry of the audit log for a change to the controller itself: a token, a join token, a host's key, a webhook.
import type { Clock } from '../../shared/os/clock.js';
import type { Actor, AuditEntry } from './access.js';

/** Made with the time of now. `about` is what was changed: a host, or the name of another thing. */
export type MakeAuditEntry = (actor: Actor, action: string, about: { host: string } | { target: string }) => AuditEntry;

/** Entries with times of this clock. */
export function createAuditEntries(clock: Pick<Clock, 'now'>): MakeAuditEntry {
  return (actor, action, about) => {
    const at = clock.now().toISOString();
    return { ...actor, at, action, tenant: null, host: null, target: null, ...about };
  };
}
