// The names of backups, of databases that a restore set aside, and of drafts. The programs import this, so it imports
// nothing.

/** `pocket.db.backup_20251216_101530`, `…_2` where two were made in one second. */
const backupName = /\.backup_\d{8}_\d{6}(_\d+)?$/;
const asideName = /\.failed_\d{8}_\d{6}$/;

/** True for a name that only our backups have. */
export function isBackupPath(file: string): boolean {
  return backupName.test(file);
}

/** True for a name that only databases have that a restore set aside. */
export function isAsidePath(file: string): boolean {
  return asideName.test(file);
}

/** After a database's path: where a restore with this stamp sets it aside. */
export function asideSuffix(stamp: string): string {
  return `.failed_${stamp}`;
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

/** Where a restore with this stamp writes a database until it is complete. */
export function restoringPathOf(file: string, stamp: string): string {
  return `${file}.restoring_${stamp}`;
}

/** The name of the draft of the restore that set a database aside under this name. */
export function restoringNameOf(aside: string): string {
  return aside.replace('.failed_', '.restoring_');
}
