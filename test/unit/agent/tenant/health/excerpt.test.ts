import { expect, test } from 'vitest';
import { excerpt } from '../../../../../agent/tenant/health/excerpt.js';

test('an excerpt of 64 MiB of control characters is as short as any', () => {
  expect(excerpt(Buffer.alloc(64 * 1024 ** 2))).toBe('\u2400'.repeat(300));
});
