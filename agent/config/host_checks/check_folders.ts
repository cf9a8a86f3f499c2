// Checks that a tenant's folders are there, and finds out what they really are, by a look of the tenant's user.
import { AppError } from '../../../shared/errors.js';
import type { FoundProblems, KeyPath } from '../../../shared/config/config_source.js';
import { TenantPath } from '../../command/tenant_path.js';
import type { RealPlace, RealPlaces } from '../../tenant/find_places.js';
import type { OccupiedPlace } from './find_conflicts.js';
import type { RightKeys } from '../tenant_file/parse_tenant.js';
import type { TenantFile } from '../tenant_file/tenant_config.js';

/** The keys of the folders, of the database's files and of its backups, by the paths that they name. */
type Named = readonly { key: KeyPath; path: TenantPath }[];

/** What they really are, for `findConflicts`. What is wrong with them goes to `found`. */
export async function checkFolders(
  file: Pick<TenantFile, 'app_dir' | 'data_dir'> & Pick<RightKeys, 'database' | 'slug'>,
  found: FoundProblems,
  find: (paths: readonly [TenantPath, ...TenantPath[]]) => Promise<RealPlaces>,
): Promise<OccupiedPlace[]> {
  const { app_dir: appDir, data_dir: dataDir, database = 'none', slug = '' } = file;
  const databases = database !== 'none' && 'sqlite' in database ? [database.sqlite].flat() : [];
  const others: Named = [
    { key: ['data_dir'], path: dataDir },
    ...databases.map((name) => ({ key: ['database', 'sqlite'], path: dataDir.join(name) })),
    ...listBackups(database, { data_dir: dataDir, slug }),
  ];
  const paths = [appDir, ...others.map(({ path }) => path)] as const;
  const look = await found.forKey(['app_dir'], () => find(paths));
  if (look === null) return [];
  const [app, data] = look.places;
  await found.forKey(['app_dir'], async () => {
    if (app?.kind !== 'folder') throw noFolder(appDir.shown);
    if (look.git) return;
    throw new AppError('config', `${appDir.shown} is not a git work tree (there is no .git in it)`, {
      hint: `name the folder that the app was cloned into, or clone it: git clone REPO ${appDir.shown}`,
    });
  });
  await found.forKey(['data_dir'], async () => {
    if (data?.kind !== 'folder') throw noFolder(dataDir.shown);
  });
  return [{ key: ['app_dir'], path: appDir }, ...others].flatMap(({ key, path }, index) => {
    const place = look.places[index];
    return place === undefined ? [] : [occupy(key, path, { place, where: found.locate(key) })];
  });
}

/**
 * What names the backups in a folder of their own: two tenants may have one `backup_dir`, but no name in it, or one would
 * restore or delete what is the other's. A folder that another account writes to is closed to the tenant's user.
 */
function listBackups(
  database: NonNullable<RightKeys['database']>,
  { data_dir, slug }: Pick<TenantFile, 'data_dir' | 'slug'>,
): Named {
  if (database === 'none' || database.backup_dir === undefined) return [];
  if ('backup' in database && !Array.isArray(database.backup)) return [];
  const folder = new TenantPath(database.backup_dir);
  const names = 'sqlite' in database ? [database.sqlite].flat().map((name) => data_dir.join(name).name) : [slug];
  return names.map((name) => ({ key: ['database', 'backup_dir'], path: folder.join(`${name}.backup_*`) }));
}

function occupy(key: KeyPath, path: TenantPath, { place, where }: { place: RealPlace; where: string }): OccupiedPlace {
  const { ids, isLed } = place;
  return { key, where, named: path, ids, isLed };
}

/** A folder that the user cannot reach counts as missing. */
function noFolder(folder: string): AppError {
  return new AppError('config', `${folder} is not an existing folder`, {
    hint: "name the right folder, or create it; the tenant's user must be able to enter each folder of its path",
  });
}
