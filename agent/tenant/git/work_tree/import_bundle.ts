// Brings the objects of a bundle into the tenant's repository.
import type { RunContext } from '../../site.js';
import { bundleRef } from '../bundle.js';
import { requireObjectId } from '../object_id.js';
import { gitScript, syncTree } from './git_script.js';

export interface BundleToImport {
  file: string;
  tag: string;
  /** What the tag stands for: its tag object, or the commit itself. */
  object: string;
  commit: string;
  timeLimitMs: number;
}

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
  await context.run('import', gitScript(context.site, { title: `git fetch ${tag}`, timeLimitMs, body, args }));
}
