// The SQLite files of a tenant, and where their backups go.
import { TenantPath } from '../../command/tenant_path.js';
import type { Site } from '../site.js';
import type { SqliteConfig } from './schema.js';

/** A database file, and the path of its backups without their time. */
export interface Target {
  file: TenantPath;
  base: TenantPath;
}

/** In the order of the configuration; the first one names the whole backup. */
export function listTargets({ sqlite, backup_dir: backupDir }: SqliteConfig, site: Site): [Target, ...Target[]] {
  const toTarget = (name: string): Target => {
    const file = site.dataDir.join(name);
    return { file, base: backupDir === undefined ? file : new TenantPath(backupDir).join(file.name) };
  };
  if (typeof sqlite === 'string') return [toTarget(sqlite)];
  const [first, ...others] = sqlite;
  return [toTarget(first), ...others.map(toTarget)];
}

/** Each path once. */
export function distinct(paths: readonly TenantPath[]): TenantPath[] {
  return paths.filter((path, index) => paths.findIndex((other) => other.is(path)) === index);
}
