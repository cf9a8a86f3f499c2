// For the plan: whether the tenant's user can write every folder in which git will add, change or remove something.
import { AppError } from '../../../../shared/errors.js';
import type { ReadContext } from '../../site.js';
import { nameSome } from '../name_some.js';
import { splitZero } from '../object_id.js';
import type { ChangedPath } from '../trees.js';
import { gitScriptArgv, gitScriptEnvironment } from './git_script.js';

/**
 * Prints owner and name of each folder that cannot be written. A folder that is not there yet is made in the nearest
 * one above it. In the repository git makes files in several folders, and appends to its logs.
 */
const script = `
    look() {
      for name; do
        while [ ! -d "$name" ] || [ -L "$name" ]; do
          case $name in */*) name=\${name%/*} ;; *) name=. ;; esac
        done
        [ -w "$name" ] && [ -x "$name" ] || stat --printf='%U\\0%n\\0' -- "$name"
      done
    }
    repository=$(git rev-parse --git-path objects --git-path objects/pack --git-path refs --git-path refs/tags \\
      --git-path refs/drover --git-path logs)
    while IFS= read -r name; do look "$name"; done <<<"$gitdir"$'\\n'"$repository"
    for name in "$(git rev-parse --git-path objects)"/??; do [ ! -d "$name" ] || look "$name"; done
    log=$(git rev-parse --git-path logs/HEAD)
    [ ! -e "$log" ] || [ -w "$log" ] || stat --printf='%U\\0%n\\0' -- "$log"
    while IFS= read -r -d '' name; do look "./$name"; done`;

/**
 * Throws AppError `work-tree` naming folders of the work tree and of its repository that the tenant's user cannot
 * write, and their owner: the checkout would fail there, and so might its undo.
 */
export async function checkWritable(readContext: ReadContext, changes: readonly ChangedPath[]): Promise<void> {
  const { site, probe } = readContext;
  const folders = [...new Set(changes.map(({ path }) => path.split('/').slice(0, -1).join('/') || '.'))];
  const { exitCode, stdout, stderr } = await probe({
    argv: gitScriptArgv(script, []),
    user: site.user,
    cwd: site.appDir,
    env: gitScriptEnvironment(site),
    stdin: folders.map((folder) => `${folder}\0`).join(''),
  });
  if (exitCode !== 0) throw new AppError('work-tree', `git in ${site.appDir.shown}: ${stderr.trim()}`);
  const words = splitZero(stdout);
  const found = new Map<string, string>();
  for (let at = 0; at + 1 < words.length; at += 2) {
    found.set((words[at + 1] ?? '').replace(/^\.\//, ''), words[at] ?? '');
  }
  if (found.size === 0) return;
  const named = [...found].map(([name, owner]) => `${name === '.' ? 'app_dir itself' : name} (owned by ${owner})`);
  const what = `${site.user.name} cannot write in ${nameSome(named)}`;
  throw new AppError('work-tree', `${site.appDir.shown}: ${what}, where the release adds, changes or removes files`, {
    details: { paths: [...found.keys()] },
    hint: `Give them to the tenant: chown -R ${site.user.name}: ${site.appDir.shown}; where the owner is right: chmod u+wx.`,
  });
}
