// The files of migrations that another account runs: from the repository, in a folder that the tenant cannot change.
import path from 'node:path';
import { AppError } from '../../../shared/errors.js';
import type { User } from '../../command/spec.js';
import { accountOf } from '../configured_command.js';
import { exportTree, measureExport } from '../export_tree.js';
import { baseFolder } from '../match_paths.js';
import type { Site } from '../site.js';
import { symlinkMode, type Tree, type TreeEntry } from '../tree.js';
import type { MigrationsConfig } from './schema.js';

/** The account whose migrations need an export; null where the tenant's user runs them, in the work tree. */
export function migrationsAccount(config: MigrationsConfig, site: Site): User | null {
  return config === 'none' || 'command' in config ? null : accountOf(site, config.run);
}

export interface MigrationsExport {
  tree: Tree;
  config: MigrationsConfig;
  commit: string;
}

/**
 * The room that the export needs, in bytes. Throws AppError `unsupported-repository` where it is too large, and for a link
 * through which a file of it would be another file.
 */
export async function checkExport({ tree, config, commit }: MigrationsExport): Promise<number> {
  const entries = await listFiles({ tree, config, commit });
  const blobs = entries.filter(({ type }) => type === 'blob');
  const bytes = measureExport(blobs, await tree.sizes(blobs.map(({ oid }) => oid)));
  const links = entries.filter(({ mode }) => mode === symlinkMode);
  const targets = await tree.read(links.map(({ oid }) => oid));
  const inside = baseOf(config) ?? '.';
  for (const link of links) {
    const target = targets.get(link.oid)?.toString() ?? '';
    const leadsTo = path.posix.relative(inside, path.posix.join(path.posix.dirname(link.path), target));
    if (!path.posix.isAbsolute(target) && leadsTo !== '..' && !leadsTo.startsWith('../')) continue;
    throw new AppError('unsupported-repository', `${link.path} is a symbolic link that leads out of ${inside}`, {
      hint: 'Another account runs the migrations, so they are taken from the repository and not from the work tree: make it a file.',
    });
  }
  return bytes;
}

/**
 * Writes the folder of the migrations (a migration may read its siblings) to `folder`, at its paths in the repository,
 * readable by the account's group. May be called again. The parent folder must exist.
 */
export async function exportMigrations(
  what: MigrationsExport,
  { folder, account }: { folder: string; account: User },
): Promise<void> {
  await exportTree(what.tree, { entries: await listFiles(what), folder, gid: account.gid });
}

function listFiles({ tree, config, commit }: MigrationsExport): Promise<TreeEntry[]> {
  return tree.list(commit, baseOf(config));
}

function baseOf(config: MigrationsConfig): string | undefined {
  return typeof config === 'object' && 'files' in config ? baseFolder(config.files) : undefined;
}
