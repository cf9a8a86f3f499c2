// What a work tree's repository lacks of git objects: partial and shallow clones, and damaged ones.
import { AppError } from '../../../../shared/errors.js';
import type { ReadContext } from '../../site.js';
import { requireObjectId } from '../object_id.js';
import { gitScriptArgv, gitScriptEnvironment } from './git_script.js';

export interface Gaps {
  /** True where git may believe to have objects that are not there: the repository needs whole bundles. */
  isIncomplete: boolean;
  /** Some of the objects that a checkout of the commit needs and that are missing. */
  missing: string[];
}

/** A shell line that prints the first objects that are missing for a checkout of these commits. It fetches none. */
export const listMissing = (commits: string) =>
  `git rev-list --objects --no-walk --missing=print ${commits} -- | sed -n 's/^?//p' | sed -n 1,5p`;

/** Looks for gaps at this commit. Throws AppError `work-tree`. */
export async function findGaps({ site, probe }: ReadContext, commit: string): Promise<Gaps> {
  const partial = String.raw`'^(extensions\.partialclone|remote\..*\.promisor)$'`;
  const script = `
    git rev-parse --is-shallow-repository
    if git config --get-regexp ${partial} >/dev/null; then echo true; else echo false; fi
    ${listMissing('"$1"')}`;
  const { exitCode, stdout, stderr } = await probe({
    argv: gitScriptArgv(script, [requireObjectId(commit)]),
    user: site.user,
    cwd: site.appDir,
    env: gitScriptEnvironment(site),
  });
  if (exitCode !== 0) throw new AppError('work-tree', `git in ${site.appDir.shown}: ${stderr.trim()}`);
  const [isShallow, isPartial, ...missing] = stdout.trim().split('\n');
  return { isIncomplete: isShallow === 'true' || isPartial === 'true' || missing.length > 0, missing };
}
