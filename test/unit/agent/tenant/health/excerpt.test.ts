import { expect, test } from 'vitest';
import { excerpt } from '../../../../../agent/tenant/health/excerpt.js';

test('a short text is shown whole', () => {
  expect(excerpt(Buffer.from('  not ready: no database \n'))).toBe('not ready: no database');
});

test('a long one ends with a whole word, so that no half of a secret is shown', () => {
  const filler = 'word '.repeat(58);
  expect(excerpt(Buffer.from(`${filler}secret-of-this-tenant`))).toBe(`${filler.trim()} …`);
  expect(excerpt(Buffer.from('x'.repeat(301)))).toBe('…');
});

test('an excerpt of 64 MiB of control characters is as short as any', () => {
  expect(excerpt(Buffer.alloc(64 * 1024 ** 2)).length).toBeLessThanOrEqual(300);
});
