// Checks that `app_dir` is a usable work tree: the right folder, the right owner, no unfinished git operation.
import { AppError } from '../../../../shared/errors.js';
import { minimalEnvironment, type ReadContext } from '../../site.js';
import { findPaths } from './find_paths.js';
import { isObjectId } from '../object_id.js';
import { tenantGitEnvironment } from './tenant_git.js';

/** Files in the repository that show an unfinished git operation. */
const unfinished: Record<string, string> = {
  MERGE_HEAD: 'a merge is not finished; finish it, or: git merge --abort',
  'rebase-merge': 'a rebase is not finished; finish it, or: git rebase --abort',
  'rebase-apply': 'a rebase or git am is not finished; finish it, or: git rebase --abort (git am --abort)',
  CHERRY_PICK_HEAD: 'a cherry-pick is not finished; finish it, or: git cherry-pick --abort',
  REVERT_HEAD: 'a revert is not finished; finish it, or: git revert --abort',
  'index.lock': 'git is running there, or was killed; if no git runs there, remove the file',
  'HEAD.lock': 'git is running there, or was killed; if no git runs there, remove the file',
};

export interface Head {
  commit: string;
  /** The branch that HEAD is on, as `refs/heads/main`; null where it is detached. */
  branch: string | null;
}

/** HEAD. Throws AppError `work-tree` with a hint. */
export async function checkWorkTree(readContext: ReadContext): Promise<Head> {
  const { appDir } = readContext.site;
  // One process for all questions, to save time. Git prints the other answers even where HEAD has no commit.
  const questions = [
    '--show-cdup',
    '--absolute-git-dir',
    '--is-inside-work-tree',
    'HEAD^{commit}',
    '--symbolic-full-name',
    'HEAD',
  ];
  const { exitCode, stdout, stderr } = await ask(readContext, ['git', 'rev-parse', ...questions]);
  const [up, gitDir, isInside, commit = '', branch = ''] = stdout.split('\n');
  if (gitDir === undefined || isInside === undefined) throw await explain(readContext, stderr.trim());
  if (isInside !== 'true') {
    throw new AppError('work-tree', `${appDir.shown} is in a git repository, but not in a work tree`, {
      hint: 'app_dir names a clone with its files checked out.',
    });
  }
  if (up !== '') {
    throw new AppError('work-tree', `${appDir.shown} is not the top of its git work tree`, {
      hint: 'app_dir names the folder that holds .git; core.worktree must not point elsewhere.',
    });
  }
  if (exitCode !== 0 || !isObjectId(commit)) {
    throw new AppError('work-tree', `${appDir.shown} has no commit checked out: its HEAD is unborn or broken`, {
      hint: `Check out the version that runs there: git -C ${appDir.shown} checkout TAG`,
    });
  }
  await refuseUnfinished(readContext, gitDir);
  return { commit, branch: branch.startsWith('refs/heads/') ? branch : null };
}

async function refuseUnfinished(readContext: ReadContext, gitDir: string): Promise<void> {
  const files = Object.keys(unfinished).map((name) => `${gitDir}/${name}`);
  const [file] = (await findPaths(readContext, files)).keys();
  if (file === undefined) return;
  const hint = unfinished[file.slice(gitDir.length + 1)] ?? '';
  throw new AppError('work-tree', `${readContext.site.appDir.shown} is in use by git: ${file} exists`, { hint });
}

async function explain(readContext: ReadContext, errorText: string): Promise<AppError> {
  const { appDir, user } = readContext.site;
  if (/dubious ownership/.test(errorText)) {
    const { stdout } = await ask(readContext, ['stat', '--format=%U', '--', '.', '.git']);
    const owner = stdout.split('\n').find((name) => name !== '' && name !== user.name) ?? 'another user';
    return new AppError('work-tree', `${appDir.shown} belongs to ${owner}, but the tenant's user is ${user.name}`, {
      hint: `chown -R ${user.name}: ${appDir.shown}`,
      details: { owner, user: user.name },
    });
  }
  if (/not a git repository/.test(errorText)) {
    return new AppError('work-tree', `${appDir.shown} is not a git work tree`, {
      hint: 'app_dir names a clone of repo, with a version checked out.',
    });
  }
  return new AppError('work-tree', `git cannot be used in ${appDir.shown} as ${user.name}: ${errorText}`);
}

function ask({ site, probe }: ReadContext, argv: readonly [string, ...string[]]) {
  const env = argv[0] === 'git' ? tenantGitEnvironment(site) : minimalEnvironment(site.user);
  return probe({ argv, user: site.user, cwd: site.appDir, env });
}
