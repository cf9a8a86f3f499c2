// Who fails to authenticate is told to wait, each address for itself, and is remembered within a bound.
import { describe, expect, it } from 'vitest';
import { createFailures } from '../../../../controller/auth/failures.js';
import { controllerLimits } from '../../../../controller/limits.js';

const { failures: limit, failedAddresses } = controllerLimits;

function openFailures() {
  let nowMs = 0;
  const warned: object[] = [];
  const failures = createFailures(() => nowMs, { warn: (fields) => void warned.push(fields) });
  /** The waits after so many more failures. */
  const fail = (address: string, times: number) => Array.from({ length: times }, () => failures.note(address));
  return { fail, warned, pass: (ms: number) => void (nowMs += ms) };
}

describe('an address that fails to authenticate', () => {
  it('waits for the rest of the minute once it is over its limit, and is told of once', () => {
    const { fail, warned, pass } = openFailures();
    expect(Math.max(...fail('192.0.2.1', limit.max))).toBe(0);
    expect(warned).toEqual([]);
    pass(20_500);
    expect(fail('192.0.2.1', 2)).toEqual([40, 40]);
    expect(warned).toEqual([{ address: '192.0.2.1' }]);
    expect(fail('192.0.2.2', 1)).toEqual([0]);
    pass(39_500);
    expect(fail('192.0.2.1', 1)).toEqual([0]);
  });

  it.each([
    ['2001:db8:0:1::1', '2001:db8:0:1:ffff::2', true],
    ['2001:db8::1', '2001:db8:0:0:5:6:7:8', true],
    ['2001:DB8::', '2001:db8::9', true],
    ['2001:db8:0:1::1', '2001:db8:0:2::1', false],
    ['::1', '1::', false],
    ['192.0.2.1', '192.0.2.2', false],
  ])('of IPv6 stands for its /64: %s and %s', (first, second, isOne) => {
    const { fail } = openFailures();
    fail(first, limit.max);
    expect(fail(second, 1)).toEqual([isOne ? 60 : 0]);
  });

  it('is forgotten when too many others came after it, and the latest is not', () => {
    const { fail } = openFailures();
    fail('first', limit.max);
    fail('latest', limit.max);
    for (let n = 1; n < failedAddresses.max; n += 1) fail(`other ${n}`, 1);
    expect(fail('latest', 1)).toEqual([60]);
    expect(fail('first', 1)).toEqual([0]);
  });
});
