// Puts the tenant's work tree on the target.
import type { RunContext } from '../../site.js';
import { requireObjectId } from '../object_id.js';
import { gitScript, removeLocks, syncTree } from './git_script.js';

/**
 * Git counts a file that it cannot remove as a warning only. No symbolic link is followed: a folder may have become a
 * link to another one with the same files.
 */
const refuseLeft = `
    left=$(git diff-tree -r -z --no-renames --name-only --diff-filter=D "$2" "$1" |
      xargs -0r git --literal-pathspecs ls-files --others --)
    [ -z "$left" ] || { printf 'not removed: %s\\n' "$left" >&2; exit 1; }`;

/**
 * Checks out a commit, detached, and overwrites modified tracked files. Fails where files that the tree of `previous`
 * has and the commit's has not are still there. May be called again.
 */
export async function checkOut(
  context: RunContext,
  { commit, previous, timeLimitMs }: { commit: string; previous: string; timeLimitMs: number },
): Promise<void> {
  const body = `
    ${removeLocks}
    git checkout --force --detach --no-progress "$1" --
    ${refuseLeft}
    ${syncTree}`;
  const args = [requireObjectId(commit), requireObjectId(previous)];
  await context.run('checkout', gitScript(context.site, { title: 'git checkout', timeLimitMs, body, args }));
}
