// Writes the target's `release/` folder to the place from which its hooks run.
import type { User } from '../../command/spec.js';
import { exportTree } from '../export_tree.js';
import type { Tree } from '../tree.js';
import { hookFolder } from './plan_hooks.js';

export interface HooksExport {
  tree: Tree;
  commit: string;
  folder: string;
  user: User;
}

/**
 * Writes the whole `release/` of the commit to `folder` (a hook may read its siblings), readable by the group of
 * `user`. So the tagged hooks run, whatever happens to the work tree. May be called again. The parent folder must
 * exist, and the tenant's user needs execute permission on it.
 */
export async function exportHooks({ tree, commit, folder, user }: HooksExport): Promise<void> {
  const inside = `${hookFolder}/`;
  const entries = (await tree.list(commit, hookFolder))
    .filter((entry) => entry.path.startsWith(inside))
    .map((entry) => ({ ...entry, path: entry.path.slice(inside.length) }));
  await exportTree(tree, { entries, folder, gid: user.gid });
}
