// The names of backup files. The programs import this, so it imports nothing.

/** `pocket.db.backup_20251216_101530`, `…_2` where two were made in one second. */
const backupName = /\.backup_\d{8}_\d{6}(_\d+)?$/;

/** True for a name that only our backups have. */
export function isBackupPath(file: string): boolean {
  return backupName.test(file);
}

/** The tenant's record of the moment of the backup; restoring one restores both. */
export function recordPathOf(backup: string): string {
  return `${backup}.record.json`;
}

/** Where a backup is written until it is complete. */
export function partialPathOf(backup: string): string {
  return `${backup}.partial`;
}
