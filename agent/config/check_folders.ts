// Checks that a tenant's folders are there, and finds out what they really are, by a look of the tenant's user.
import { AppError } from '../../shared/errors.js';
import type { FoundProblems, KeyPath } from '../../shared/config/config_source.js';
import type { TenantPath } from '../command/tenant_path.js';
import { findPlaces, type RealPlace } from '../tenant/find_places.js';
import type { Looking } from '../tenant/tenant_files.js';
import type { OccupiedPlace } from './find_conflicts.js';
import type { RightKeys } from './parse_tenant.js';
import type { TenantFile } from './tenant_config.js';

/** The keys of the folders and of the database's files, by the paths that they name. */
type Named = readonly { key: KeyPath; path: TenantPath }[];

/** What they really are, for `findConflicts`. What is wrong with them goes to `found`. */
export async function checkFolders(
  file: Pick<TenantFile, 'app_dir' | 'data_dir'> & Pick<RightKeys, 'database'>,
  found: FoundProblems,
  looking: Looking,
): Promise<OccupiedPlace[]> {
  const { app_dir: appDir, data_dir: dataDir, database = 'none' } = file;
  const databases = database !== 'none' && 'sqlite' in database ? [database.sqlite].flat() : [];
  const others: Named = [
    { key: ['data_dir'], path: dataDir },
    ...databases.map((name) => ({ key: ['database', 'sqlite'], path: dataDir.join(name) })),
  ];
  const paths = [appDir, ...others.map(({ path }) => path)] as const;
  const look = await found.forKey(['app_dir'], () => findPlaces(looking, paths));
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

function occupy(key: KeyPath, path: TenantPath, { place, where }: { place: RealPlace; where: string }): OccupiedPlace {
  const { kind, ids, isLed } = place;
  // What is not there yet is known by its folder and its name.
  const own = kind === 'missing' ? [`${ids[0] ?? ''}/${path.name}`] : [];
  return { key, where, named: path, ids: [...own, ...ids], isLed };
}

/** A folder that the user cannot reach counts as missing. */
function noFolder(folder: string): AppError {
  return new AppError('config', `${folder} is not an existing folder`, {
    hint: "name the right folder, or create it; the tenant's user must be able to enter each folder of its path",
  });
}
