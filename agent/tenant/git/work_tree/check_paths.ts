// Whether a checkout would overwrite files that are not the app's: paths in DATA_DIR, and paths with untracked files.
import { AppError } from '../../../../shared/errors.js';
import type { TenantPath } from '../../../command/tenant_path.js';
import { nameSome } from '../name_some.js';
import type { ChangedPath } from '../trees.js';

/**
 * Throws AppError `path-conflict` when a path that changes is in, at or above DATA_DIR, or when there are `untracked`
 * paths, as `findUntracked` gives them.
 */
export function checkPaths({
  changes,
  untracked,
  appDir,
  dataDir,
}: {
  changes: readonly ChangedPath[];
  untracked: readonly string[];
  appDir: TenantPath;
  dataDir: TenantPath;
}): void {
  const inData = findInDataDir(changes, dataDir.relativeTo(appDir));
  if (inData.length > 0) {
    throw new AppError('path-conflict', `the target changes paths in DATA_DIR ${dataDir.shown}: ${nameSome(inData)}`, {
      details: { paths: inData },
      hint: 'A release must not track what lies in DATA_DIR; remove these paths from the repository.',
    });
  }
  if (untracked.length === 0) return;
  throw new AppError(
    'path-conflict',
    `the target adds paths where untracked files lie in ${appDir.shown}: ${nameSome(untracked)}`,
    { details: { paths: untracked }, hint: 'Move these files away, then try again.' },
  );
}

function findInDataDir(changes: readonly ChangedPath[], dataDir: string): string[] {
  if (dataDir === '..' || dataDir.startsWith('../')) return [];
  return changes
    .map(({ path }) => path)
    .filter((path) => dataDir === '' || isWithin(path, dataDir) || isWithin(dataDir, path));
}

function isWithin(inner: string, outer: string): boolean {
  return inner === outer || inner.startsWith(`${outer}/`);
}
