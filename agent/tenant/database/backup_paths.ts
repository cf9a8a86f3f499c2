// The names of backup files. The programs import this, so it imports nothing.

/** `pocket.db.backup_20251216_101530`, `…_2` where two were made in one second. */
const backupName = /\.backup_\d{8}_\d{6}(_\d+)?$/;

/** True for a name that only our backups have. */
export function isBackupPath(file: string): boolean {
  return backupName.test(file);
}

/** After a backup's path: the tenant's record of the moment of the backup; restoring one restores both. */
export const recordSuffix = '.record.json';
/** After a backup's path: where it is written until it is complete. */
export const partialSuffix = '.partial';

/** The path of a backup's record. */
export function recordPathOf(backup: string): string {
  return backup + recordSuffix;
}

/** The path of an incomplete backup. */
export function partialPathOf(backup: string): string {
  return backup + partialSuffix;
}
