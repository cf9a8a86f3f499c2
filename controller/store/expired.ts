// The error of an order that no host fetched in time.
import { showTime } from '../../shared/os/clock.js';
import type { ErrorBody } from '../../shared/model/error_body.js';

/** `host` was offline until `expiresAt` (ISO 8601). */
export function expiredError(host: string, expiresAt: string): ErrorBody {
  return {
    code: 'expired',
    message: `${host} was not connected until the order expired (${showTime(expiresAt)} UTC)`,
    hint: 'Order it again when the host is connected, or an upgrade with a longer `--start-within`.',
  };
}
