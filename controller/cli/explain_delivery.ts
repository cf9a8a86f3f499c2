// Why nothing is seen of an upgrade, in words; null while its stream says it.
import type { Upgrade } from '../../shared/wire/api.js';

interface Explanation {
  text: string;
  /** It may take long, so that who cannot see the pending line is told as well. */
  isLong: boolean;
}

export function explainDelivery({ tenant, host, delivery }: Upgrade): Explanation | null {
  const { state, expires_at: expiresAt } = delivery;
  switch (state) {
    case 'pending':
      return { text: `waiting for ${host} to take it`, isLong: false };
    case 'offline': {
      const until = expiresAt === null ? '' : `, until ${expiresAt.slice(11, 19)} UTC`;
      return { text: `${host} is offline: ${tenant} is upgraded when it comes back${until}`, isLong: true };
    }
    case 'accepted':
      return { text: `waiting for ${tenant}: its turn and its checks`, isLong: false };
    case 'unreachable':
      return {
        text: `${host} is out of sight: what is under way for ${tenant} goes on there, and is shown when it is back`,
        isLong: true,
      };
    case 'cancelling':
      return { text: `waiting for ${host} to answer the cancel`, isLong: false };
    default:
      return null;
  }
}
