// The use of a token that cannot be noted.
import { expect, it } from 'vitest';
import { createAuthenticator } from '../../../../controller/auth/authenticate.js';

const now = new Date('2026-01-01T00:00:00.000Z');
const stored = {
  id: 't1',
  name: 'anna',
  role: 'viewer',
  scope: 'host=h1',
  created_at: '',
  created_by: null,
  expires_at: null,
  revoked_at: null,
} as const;

async function authenticate(usedAt: string | null, noted: string[] = []) {
  const tokens = {
    findByHash: async () => ({ ...stored, used_at: usedAt }),
    async markUsed(_id: string, at: string) {
      noted.push(at);
      throw new Error('the disk is full');
    },
  };
  return createAuthenticator({ tokens, clock: { now: () => now } }).authenticate('Bearer x');
}

it('lets in whoever has a token, also where its use cannot be stored', async () => {
  expect(await authenticate(null)).toMatchObject({ token: 't1', name: 'anna', role: 'viewer' });
});

it('notes the use once an hour', async () => {
  const noted: string[] = [];
  await authenticate('2025-12-31T23:00:01.000Z', noted);
  expect(noted).toEqual([]);
  await authenticate('2025-12-31T23:00:00.000Z', noted);
  expect(noted).toEqual([now.toISOString()]);
});
