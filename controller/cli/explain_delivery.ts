// Why an upgrade's stream has nothing new, in words; null while the upgrade runs.
import type { Waiting } from '../../shared/terminal/operations.js';
import type { Upgrade } from '../../shared/wire/api.js';

/** Of an upgrade as the controller has it. Pure. */
export function explainDelivery({
  tenant,
  host,
  delivery,
}: Pick<Upgrade, 'tenant' | 'host' | 'delivery'>): Waiting | null {
  const { state, expires_at: expiresAt } = delivery;
  switch (state) {
    case 'pending':
      return { text: `pending: ${host} has not answered yet`, isLong: false };
    case 'offline': {
      const until = expiresAt === null ? '' : `, until ${expiresAt.slice(11, 19)} UTC`;
      return { text: `${host} is not connected: the upgrade of ${tenant} begins when it is${until}`, isLong: true };
    }
    case 'queued':
      return { text: `queued on ${host}: it waits for another upgrade there to end`, isLong: false };
    case 'checking':
      return { text: `${host} is checking ${tenant}`, isLong: false };
    case 'unreachable':
      return {
        text: `${host} is unreachable: its log of ${tenant} goes on when it is back`,
        isLong: true,
      };
    case 'cancelling':
      // The controller has waited for a host that is connected.
      return { text: `${host} has not answered: the upgrade of ${tenant} is cancelled when it does`, isLong: true };
    default:
      return null;
  }
}
