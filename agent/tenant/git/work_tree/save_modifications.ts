// Saves what differs from HEAD in the tenant's work tree as a patch, byte for byte.
import { durableIn, type RunContext } from '../../site.js';
import { gitScript } from './git_script.js';
import { printRawChanges } from './raw_changes.js';

/**
 * The path of a patch with what differs from HEAD, staged or not, against the bytes that HEAD holds; an empty file when
 * nothing does. `git apply` takes it.
 */
export async function saveModifications(
  context: RunContext,
  { timeLimitMs }: { timeLimitMs: number },
): Promise<string> {
  // The user's or the repository's diff configuration must not change the patch's form. Git's standard error would mix
  // with the patch, so it is printed only where git fails.
  const plain = '--no-ext-diff --no-textconv --no-color --no-renames --no-relative --ignore-submodules=all';
  const form = '--binary --full-index --unified=3 --inter-hunk-context=0 --src-prefix=a/ --dst-prefix=b/';
  const body = `${printRawChanges}
    aside=$gitdir/drover-index
    rm -f -- "$aside" "$aside".*
    exec 3>&1 >"$aside.messages" 2>&1
    trap '[ $? = 0 ] || cat -- "$aside.messages" >&3; rm -f -- "$aside" "$aside".*' EXIT
    print_raw_changes "$aside.list" -w >"$aside.changes"
    if [ -s "$aside.changes" ]; then
      GIT_INDEX_FILE=$aside git read-tree HEAD
      GIT_INDEX_FILE=$aside git update-index -z --index-info <"$aside.changes"
      tree=$(GIT_INDEX_FILE=$aside git write-tree)
      git diff ${plain} ${form} HEAD "$tree" -- >&3
    fi`;
  const spec = gitScript(context.site, { title: 'git diff HEAD', timeLimitMs, body, args: [] });
  return (await context.run('save-modifications', { ...spec, quiet: true, durable: durableIn(context.site) }))
    .outputPath;
}
