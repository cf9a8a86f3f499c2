// Puts the tenant's work tree back: the old commit, the branch that it was on, and its modifications.
import { toAppError } from '../../../../shared/errors.js';
import { isEmptyOutput } from '../../../command/output/read_data.js';
import type { RunContext } from '../../site.js';
import { requireObjectId } from '../object_id.js';
import { gitScript, removeLocks, syncTree } from './git_script.js';
import { printRawChanges } from './raw_changes.js';

export interface CodeBefore {
  commit: string;
  /** The branch that HEAD was on, as `refs/heads/main`; null where it was detached. */
  branch: string | null;
  /** What `saveModifications` found on the commit. */
  patch: string;
  timeLimitMs: number;
}

/**
 * The plain checkout fails at a file of the old commit that the checkout of the target could not remove and the index
 * no longer knows. Then the index is made the old one first, so that git leaves alone what is right.
 */
const checkOutOld = `
    git checkout --force --detach --no-progress "$1" -- || {
      git diff-index --cached -z --name-only --no-renames --diff-filter=A "$1" -- | xargs -0r rm -f --
      git read-tree --reset "$1"
      git update-index -q --refresh || :
      git checkout --force --detach --no-progress "$1" --
    }`;

/** The tree with the modifications: built in a separate index, in which nothing stands in the way of the patch. */
const buildModified = `
    aside=$gitdir/drover-index
    rm -f -- "$aside" "$aside".*
    GIT_INDEX_FILE=$aside git read-tree "$1"
    GIT_INDEX_FILE=$aside git -c apply.ignoreWhitespace=no apply --cached --binary --whitespace=nowarn -
    tree=$(GIT_INDEX_FILE=$aside git write-tree)
    rm -f -- "$aside"`;

/**
 * It is checked out as a whole: this overwrites files that block a plain apply, such as files that a hook made again.
 * Git may change line ends or filter as it writes, so what came out otherwise is written as it was.
 */
const writeModified = `
    git read-tree --reset -u "$tree"
    git diff-tree -r -z --no-renames --diff-filter=d "$1" "$tree" >"$aside.list"
    while IFS= read -r -d '' meta && IFS= read -r -d '' file; do
      read -r _ mode _ oid _ <<<"$meta"
      case $mode in 100*) ;; *) continue ;; esac
      [ "$(git hash-object --no-filters -- "$file")" = "$oid" ] || git cat-file blob "$oid" >"$file"
    done <"$aside.list"
    rm -f -- "$aside.list"
    git reset --quiet --intent-to-add`;

/** A hook may have committed on the branch; its commit stays in the branch's reflog. */
const returnToBranch = `
    [ -z "$2" ] || {
      [ "$(git rev-parse --quiet --verify "$2")" = "$1" ] || git update-ref -m 'drover: rollback' "$2" "$1"
      git symbolic-ref HEAD "$2"
    }`;

/**
 * Checks out a commit with the modifications that `saveModifications` found on it, on its branch. Afterwards new files
 * are staged; other changes are not. What counts is the state that is there: where git fails although everything is as
 * it was, it has succeeded. May be called again, also after a killed call.
 */
export async function putBack(context: RunContext, before: CodeBefore): Promise<void> {
  const { commit, branch, patch, timeLimitMs } = before;
  const isModified = !(await isEmptyOutput(patch));
  // One command, so that an interrupted one begins with the checkout again.
  const body = [
    removeLocks,
    checkOutOld,
    ...(isModified ? [buildModified, writeModified] : []),
    returnToBranch,
    syncTree,
  ];
  const title = isModified ? 'git checkout and git apply' : 'git checkout';
  const args = [requireObjectId(commit), branch ?? ''];
  const spec = gitScript(context.site, { title, timeLimitMs, body: body.join('\n'), args });
  try {
    await context.run('restore-checkout', { ...spec, stdin: patch });
  } catch (thrown) {
    context.signal.throwIfAborted();
    if (toAppError(thrown).code === 'command-failed' && (await isBack(context, before))) return;
    throw thrown;
  }
}

/**
 * Whether HEAD and every tracked file are as they were. Writes nothing below `app_dir`: it may be what cannot be
 * written.
 */
async function isBack({ site, run }: RunContext, { commit, branch, patch, timeLimitMs }: CodeBefore): Promise<boolean> {
  const body = `${printRawChanges}
    [ "$(git rev-parse HEAD)" = "$1" ]
    [ "$(git symbolic-ref --quiet HEAD || :)" = "$2" ]
    scratch=$(mktemp -d)
    trap 'rm -rf -- "$scratch"' EXIT
    objects=$(git rev-parse --path-format=absolute --git-path objects)
    print_raw_changes "$scratch/list" '' | sort -z >"$scratch/now"
    export GIT_INDEX_FILE=$scratch/index GIT_OBJECT_DIRECTORY=$scratch GIT_ALTERNATE_OBJECT_DIRECTORIES=$objects
    git read-tree HEAD
    [ ! -s "$3" ] || git -c apply.ignoreWhitespace=no apply --cached --binary --whitespace=nowarn -
    tree=$(git write-tree)
    git diff-tree -r -z --no-renames HEAD "$tree" | while IFS= read -r -d '' meta && IFS= read -r -d '' file; do
      read -r _ mode _ oid _ <<<"$meta"
      printf '%s %s\\t%s\\0' "\${mode/#000000/0}" "$oid" "$file"
    done | sort -z >"$scratch/before"
    cmp -- "$scratch/now" "$scratch/before"`;
  const args = [requireObjectId(commit), branch ?? '', '/dev/stdin'];
  const title = 'compare the work tree with what it was';
  const spec = gitScript(site, { title, timeLimitMs, body, args });
  const exit = await run('compare-checkout', { ...spec, stdin: patch, acceptExits: [1, 128] });
  return exit.code === 0;
}
