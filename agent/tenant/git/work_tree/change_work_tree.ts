// Everything that changes a tenant's work tree: import, checkout, and the restore of a commit with its modifications.
import { isEmptyOutput } from '../../../command/output/read_data.js';
import { durableIn, tenantCommand, type Site, type RunContext } from '../../site.js';
import type { CommandSpec } from '../../../command/spec.js';
import { bundleRef } from '../bundle.js';
import { requireObjectId } from '../object_id.js';
import { tenantGitEnvironment } from './tenant_git.js';

export interface BundleToImport {
  file: string;
  tag: string;
  /** What the tag stands for: its tag object, or the commit itself. */
  object: string;
  commit: string;
  timeLimitMs: number;
}

interface Script {
  title: string;
  timeLimitMs: number;
  body: string;
  args: readonly string[];
}

/**
 * A git that died with the host leaves locks that make the next git fail. The plan found none, and only the upgrade
 * works in the tree, so the locks are the upgrade's own.
 */
const removeLocks = 'for file in "$gitdir"/index.lock "$gitdir"/HEAD.lock; do rm -f -- "$file"; done';
/** Git does not sync the files it writes; a step that counts as done must outlive a power cut. */
const syncTree = 'sync -f -- . "$gitdir"';

/**
 * Imports the bundle's commit into the repository as `refs/drover/<tag>`, and sets the tag, so that the app can ask git
 * for its version. May be called again.
 */
export async function importBundle(
  context: RunContext,
  { file, tag, object, commit, timeLimitMs }: BundleToImport,
): Promise<void> {
  // A tag `a` and a tag `a/b` could not both be refs.
  const ref = `refs/drover/${tag.replaceAll('/', '-')}`;
  const fetch = 'git fetch --quiet --no-tags --no-write-fetch-head --no-auto-maintenance --recurse-submodules=no';
  const body = `
    refs=$(git rev-parse --git-path refs)
    rm -f -- "$refs/\${1#refs/}.lock" "$refs/tags/$5.lock"
    ${fetch} -- "$2" "+$3:$1"
    git cat-file -e "$4^{commit}"
    git update-ref --no-deref "refs/tags/$5" "$6" || echo "The tag $5 could not be set in the work tree"
    ${syncTree}`;
  const args = [ref, file, bundleRef(object), commit, tag, requireObjectId(object)];
  await context.run('import', script(context.site, { title: `git fetch ${tag}`, timeLimitMs, body, args }));
}

/** The path of a patch with what differs from HEAD, staged or not; an empty file when nothing does. */
export async function saveModifications(
  context: RunContext,
  { timeLimitMs }: { timeLimitMs: number },
): Promise<string> {
  // The user's or the repository's diff configuration must not change the patch's form. Git's standard error would mix
  // with the patch, so it is printed only when git fails.
  const plain = '--no-ext-diff --no-textconv --no-color --no-renames --no-relative --ignore-submodules=all';
  const form = '--binary --unified=3 --inter-hunk-context=0 --src-prefix=a/ --dst-prefix=b/';
  const body = `
    exec 3>&1
    message=$(git diff ${plain} ${form} HEAD -- 2>&1 >&3 3>&-) || { printf '%s\\n' "$message" >&2; exit 1; }`;
  const spec = script(context.site, { title: 'git diff HEAD', timeLimitMs, body, args: [] });
  return (await context.run('save-modifications', { ...spec, quiet: true, durable: durableIn(context.site) }))
    .outputPath;
}

/** Checks out a commit, detached, and overwrites modified tracked files. May be called again. */
export async function checkOut(
  context: RunContext,
  { commit, timeLimitMs, key = 'checkout' }: { commit: string; timeLimitMs: number; key?: string },
): Promise<void> {
  const body = `
    ${removeLocks}
    git checkout --force --detach --no-progress "$1" --
    ${syncTree}`;
  const args = [requireObjectId(commit)];
  await context.run(key, script(context.site, { title: 'git checkout', timeLimitMs, body, args }));
}

/**
 * Checks out a commit with the modifications that `saveModifications` found on it. Afterwards new files are staged;
 * other changes are not. May be called again, also after a killed call.
 */
export async function putBack(
  context: RunContext,
  { commit, patch, timeLimitMs }: { commit: string; patch: string; timeLimitMs: number },
): Promise<void> {
  if (await isEmptyOutput(patch)) return checkOut(context, { commit, timeLimitMs, key: 'restore-checkout' });
  // The modified tree is built in a separate index, then checked out as a whole: this overwrites files that block a
  // plain apply, such as files that a hook made again. It is one command, so an interrupted one starts with the
  // checkout again.
  const body = `
    ${removeLocks}
    git checkout --force --detach --no-progress "$1" --
    aside=$gitdir/drover-index
    rm -f -- "$aside" "$aside.lock"
    GIT_INDEX_FILE=$aside git read-tree "$1"
    GIT_INDEX_FILE=$aside git apply --cached --binary --whitespace=nowarn -
    tree=$(GIT_INDEX_FILE=$aside git write-tree)
    rm -f -- "$aside"
    git read-tree --reset -u "$tree"
    git reset --quiet --intent-to-add
    ${syncTree}`;
  const args = [requireObjectId(commit)];
  const title = 'git checkout and git apply';
  await context.run('restore-checkout', { ...script(context.site, { title, timeLimitMs, body, args }), stdin: patch });
}

function script(site: Site, { title, timeLimitMs, body, args }: Script): CommandSpec {
  const start = 'set -eu; gitdir=$(git rev-parse --absolute-git-dir)';
  return tenantCommand(site, {
    title,
    argv: ['/bin/sh', '-c', `${start}\n${body}`, 'sh', ...args],
    env: tenantGitEnvironment(site),
    timeLimitMs,
  });
}
