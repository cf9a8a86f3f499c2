// Checks that a tenant's folders are there, by a look of the tenant's user.
import { AppError } from '../../shared/errors.js';
import type { FoundProblems } from '../../shared/config/config_source.js';
import { findFolders, type Looking } from '../tenant/tenant_files.js';
import type { TenantFile } from './tenant_config.js';

/** What is wrong with them goes to `found`. */
export async function checkFolders(
  { app_dir: appDir, data_dir: dataDir }: Pick<TenantFile, 'app_dir' | 'data_dir'>,
  found: Pick<FoundProblems, 'forKey'>,
  looking: Looking,
): Promise<void> {
  const folders = await found.forKey(['app_dir'], () => findFolders(looking, appDir, dataDir));
  if (folders === null) return;
  await found.forKey(['app_dir'], async () => {
    if (!folders.app) throw noFolder(appDir.shown);
    if (folders.git) return;
    throw new AppError('config', `${appDir.shown} is not a git work tree (there is no .git in it)`, {
      hint: `name the folder that the app was cloned into, or clone it: git clone REPO ${appDir.shown}`,
    });
  });
  await found.forKey(['data_dir'], async () => {
    if (!folders.data) throw noFolder(dataDir.shown);
  });
}

/** A folder that the user cannot reach counts as missing. */
function noFolder(folder: string): AppError {
  return new AppError('config', `${folder} is not an existing folder`, {
    hint: "name the right folder, or create it; the tenant's user must be able to enter each folder of its path",
  });
}
