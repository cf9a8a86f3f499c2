// Checks that a tenant's folders are there, by a look of the tenant's user.
import { AppError } from '../../shared/errors.js';
import { forKey, type ConfigSource } from '../../shared/config/config_source.js';
import { findFolders, type Looking } from '../tenant/tenant_files.js';
import type { TenantFile } from './tenant_config.js';

/** Throws AppError `config` naming the key. */
export async function checkFolders(
  source: ConfigSource,
  { file, looking }: { file: Pick<TenantFile, 'app_dir' | 'data_dir'>; looking: Looking },
): Promise<void> {
  const { app_dir: appDir, data_dir: dataDir } = file;
  const found = await forKey(source, ['app_dir'], () => findFolders(looking, appDir, dataDir));
  await forKey(source, ['app_dir'], async () => {
    if (!found.app) throw noFolder(appDir.shown);
    if (found.git) return;
    throw new AppError('config', `${appDir.shown} is not a git work tree (there is no .git in it)`, {
      hint: `name the folder that the app was cloned into, or clone it: git clone REPO ${appDir.shown}`,
    });
  });
  await forKey(source, ['data_dir'], async () => {
    if (!found.data) throw noFolder(dataDir.shown);
  });
}

/** A folder that the user cannot reach counts as missing. */
function noFolder(folder: string): AppError {
  return new AppError('config', `${folder} is not an existing folder`, {
    hint: "name the right folder, or create it; the tenant's user must be able to enter each folder of its path",
  });
}
