// The error of an order that no host fetched in time.
import type { ErrorBody } from '../../shared/model/error_body.js';

/** `host` was offline until `expiresAt` (ISO 8601). */
export function expiredError(host: string, expiresAt: string): ErrorBody {
  return {
    code: 'expired',
    message: `${host} was offline until the order expired (${expiresAt})`,
    hint: 'Order it again when the host is connected, or an upgrade with a longer `--start-within`.',
  };
}
