import { describe, expect, it } from 'vitest';
import { isBackupPath } from '../../../../../agent/tenant/database/backup_paths.js';

describe('isBackupPath', () => {
  it.each(['/d/pocket.db.backup_20251216_101530', '/d/testsite.backup_20251216_101530_12'])('knows %s', (file) => {
    expect(isBackupPath(file)).toBe(true);
  });

  it.each([
    '/d/pocket.db',
    '/d/pocket.db.backup_20251216',
    '/d/pocket.db.backup_20251216_101530_',
    '/d/pocket.db.backup_20251216_101530.bak',
    '/d/x.backup_20251216_101530/pocket.db',
  ])('does not take %s for a backup', (file) => {
    expect(isBackupPath(file)).toBe(false);
  });
});
