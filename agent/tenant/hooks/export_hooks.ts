// Writes the target's `release/` folder to where its hooks are run from.
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
 * Writes all of the commit's `release/` (a hook may read its siblings) as `folder`, for the group of `user` to read;
 * what runs is then what was tagged, whatever happens to the work tree. May be called again. The folder above must exist,
 * and the tenant's user must be able to pass through it.
 */
export async function exportHooks({ tree, commit, folder, user }: HooksExport): Promise<void> {
  const inside = `${hookFolder}/`;
  const entries = (await tree.list(commit, hookFolder))
    .filter((entry) => entry.path.startsWith(inside))
    .map((entry) => ({ ...entry, path: entry.path.slice(inside.length) }));
  await exportTree(tree, { entries, folder, gid: user.gid });
}
