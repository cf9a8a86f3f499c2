// Whether the work tree holds changes that git does not show: a checkout would write over them, and no patch holds them.
import { AppError } from '../../../shared/errors.js';
import type { Looking } from '../site.js';
import { findPaths } from './find_paths.js';
import { nameSome } from './name_some.js';
import { splitZero } from './object_id.js';
import { askGit } from './tenant_git.js';

/**
 * Throws AppError `work-tree` naming files that were removed from the index and yet lie there, and files that git was
 * told to overlook.
 */
export async function checkHidden(looking: Looking): Promise<void> {
  const { appDir } = looking.site;
  const deleted = ['--diff-filter=D', '--name-only', '--no-renames', '--ignore-submodules=all', '-z'];
  const fromIndex = splitZero(await askGit(looking, ['diff-index', '--cached', ...deleted, 'HEAD', '--']));
  const fromTree = splitZero(await askGit(looking, ['diff-files', ...deleted]));
  const present = [...(await findPaths(looking, [...fromIndex, ...fromTree])).keys()];
  if (present.length > 0) {
    const message = `${appDir}: deleted for git, but something lies there: ${nameSome(present)}`;
    throw new AppError('work-tree', message, { details: { paths: present }, hint: 'Move it away, or git add it.' });
  }
  // `S`: skip-worktree; a small letter: assume-unchanged.
  const flagged = splitZero(await askGit(looking, ['ls-files', '-v', '-z'])).filter((line) => /^[Sa-z] /.test(line));
  const overlooked = [
    ...(
      await findPaths(
        looking,
        flagged.map((line) => line.slice(2)),
      )
    ).keys(),
  ];
  if (overlooked.length === 0) return;
  throw new AppError('work-tree', `${appDir}: git is told to overlook changes of ${nameSome(overlooked)}`, {
    details: { paths: overlooked },
    hint: 'git update-index --no-skip-worktree --no-assume-unchanged -- FILE shows them again.',
  });
}
