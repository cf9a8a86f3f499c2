// Finds changes in the work tree that git does not show: a checkout would overwrite them, and no patch would hold them.
import { AppError } from '../../../../shared/errors.js';
import type { ReadContext } from '../../site.js';
import { findPaths } from './find_paths.js';
import { nameSome } from '../name_some.js';
import { splitZero } from '../object_id.js';
import { askGit } from './tenant_git.js';

/**
 * Throws AppError `work-tree` naming files that were removed from the index but still exist, and files with
 * `skip-worktree` or `assume-unchanged`.
 */
export async function checkHidden(readContext: ReadContext): Promise<void> {
  const { appDir } = readContext.site;
  const deleted = ['--diff-filter=D', '--name-only', '--no-renames', '--ignore-submodules=all', '-z'];
  const [fromIndex, fromTree, flags] = await Promise.all([
    askGit(readContext, ['diff-index', '--cached', ...deleted, 'HEAD', '--']),
    askGit(readContext, ['diff-files', ...deleted]),
    askGit(readContext, ['ls-files', '-v', '-z']),
  ]);
  const present = await findPresent(readContext, [...splitZero(fromIndex), ...splitZero(fromTree)]);
  if (present.length > 0) {
    throw new AppError(
      'work-tree',
      `${appDir.shown}: deleted in git's index, but still present: ${nameSome(present)}`,
      { details: { paths: present }, hint: 'Move it away, or git add it.' },
    );
  }
  // `S`: skip-worktree; a small letter: assume-unchanged.
  const flagged = splitZero(flags).filter((line) => /^[Sa-z] /.test(line));
  const overlooked = await findPresent(
    readContext,
    flagged.map((line) => line.slice(2)),
  );
  if (overlooked.length === 0) return;
  throw new AppError('work-tree', `${appDir.shown}: git is set to ignore changes of ${nameSome(overlooked)}`, {
    details: { paths: overlooked },
    hint: 'git update-index --no-skip-worktree --no-assume-unchanged -- FILE shows them again.',
  });
}

const findPresent = async (readContext: ReadContext, paths: readonly string[]) => [
  ...(await findPaths(readContext, paths)).keys(),
];
