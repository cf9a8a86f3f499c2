// Counts who fails to say who they are, by address. Over its limit an address is told to wait. Whoever comes from there with
// a token that is good is served all the same: many share one address, and no token can be guessed at any speed.
import { isIPv6 } from 'node:net';
import type { Log } from '../../shared/os/log.js';
import { controllerLimits } from '../limits.js';

const minuteMs = 60_000;

export interface Failures {
  /** Notes one failure more. Returns how many seconds the address has to wait, 0 while it is within its limit. */
  note(address: string): number;
}

/** Nobody has failed yet. One line of `log` a minute tells of an address that is over its limit. */
export function createFailures(monotonicMs: () => number, log: Pick<Log, 'warn'>): Failures {
  const failed = new Map<string, { sinceMs: number; times: number }>();
  const { failures, failedAddresses } = controllerLimits;
  return {
    note(address) {
      const nowMs = monotonicMs();
      const network = networkOf(address);
      const before = failed.get(network);
      const isRecent = before !== undefined && nowMs - before.sinceMs < minuteMs;
      const entry = isRecent ? before : { sinceMs: nowMs, times: 0 };
      entry.times += 1;
      // The latest stands last, so that the first is the one to forget.
      failed.delete(network);
      failed.set(network, entry);
      const [oldest] = failed.keys();
      if (failed.size > failedAddresses.max && oldest !== undefined) failed.delete(oldest);
      if (entry.times <= failures.max) return 0;
      if (entry.times === failures.max + 1) {
        log.warn({ address: network }, 'an address fails to authenticate again and again; it is told to wait');
      }
      return Math.ceil((minuteMs - (nowMs - entry.sinceMs)) / 1000);
    },
  };
}

/** Who has one address of IPv6 has its whole /64. */
function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = '', tail = ''] = address.toLowerCase().split('::');
  const groups = head === '' ? [] : head.split(':');
  const left = tail === '' ? 0 : tail.split(':').length;
  const filled = address.includes('::') ? Array.from({ length: 8 - groups.length - left }, () => '0') : [];
  return `${[...groups, ...filled, ...(tail === '' ? [] : tail.split(':'))].slice(0, 4).join(':')}::/64`;
}
