// Reads a tenant's work tree: the commit of HEAD, and the tracked files that differ from it.
import { AppError } from '../../../../shared/errors.js';
import type { ReadContext } from '../../site.js';
import { checkWorkTree } from './check_work_tree.js';
import { hashFiles } from './hash_files.js';
import { splitZero } from '../object_id.js';
import { askGit } from './tenant_git.js';

export interface WorkTree {
  /** The commit that HEAD is on. */
  head: string;
  /** The branch that HEAD is on, as `refs/heads/main`; null where it is detached. */
  branch: string | null;
  /** Tracked files that differ from HEAD, staged or not, with the blob id of their bytes; null: deleted. */
  modified: { path: string; blob: string | null }[];
}

const none = '000000';

/**
 * Reads the work tree, changing nothing. Throws AppError `work-tree` when `app_dir` is not the top of a work tree that
 * the tenant's user may use, or when a git operation in it is unfinished.
 */
export async function readWorkTree(readContext: ReadContext): Promise<WorkTree> {
  const { commit: head, branch } = await checkWorkTree(readContext);
  const status = ['status', '--porcelain=v2', '-z', '--no-renames', '--untracked-files=no', '--ignore-submodules=all'];
  const entries = splitZero(await askGit(readContext, status)).map((line) => parseStatus(readContext, line));
  const files = entries.filter(({ mode }) => mode !== none);
  const blobs = await hashFiles(readContext, { files, idLength: head.length });
  return { head, branch, modified: entries.map(({ path }) => ({ path, blob: blobs.get(path) ?? null })) };
}

/** A line of `git status --porcelain=v2`, with the file's mode in the work tree. */
function parseStatus({ site }: ReadContext, line: string): { path: string; mode: string } {
  const [, mode, path] = /^1 \S+ \S+ \d+ \d+ (\d+) \S+ \S+ (.+)$/s.exec(line) ?? [];
  if (mode !== undefined && path !== undefined) return { path, mode };
  throw new AppError('work-tree', `${site.appDir.shown} has an unmerged path: ${line.split(' ').at(-1)}`, {
    hint: `Finish or abort the merge: git -C ${site.appDir.shown} status`,
  });
}
