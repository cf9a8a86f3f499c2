// Brings the objects of a bundle into the tenant's repository.
import type { RunContext } from '../../site.js';
import { requireObjectId } from '../object_id.js';
import { listMissing } from './find_gaps.js';
import { gitScript, syncTree } from './git_script.js';

export interface BundleToImport {
  file: string;
  tag: string;
  /** What the tag stands for: its tag object, or the commit itself. */
  object: string;
  commit: string;
  /** The commit that a rollback goes back to. */
  previous: string;
  timeLimitMs: number;
}

/**
 * Imports the bundle into the repository, its commit as `refs/drover/<tag>`, and sets the tag, so that the app can ask
 * git for its version. Fails where objects are missing that a checkout of the commit or of the previous one needs. May
 * be called again.
 */
export async function importBundle(
  context: RunContext,
  { file, tag, object, commit, previous, timeLimitMs }: BundleToImport,
): Promise<void> {
  // A tag `a` and a tag `a/b` could not both be refs.
  const ref = `refs/drover/${tag.replaceAll('/', '-')}`;
  const body = `
    refs=$(git rev-parse --git-path refs)
    rm -f -- "$refs/\${1#refs/}.lock" "$refs/tags/$3.lock"
    # A fetch would leave out what a partial clone is believed to have.
    git bundle unbundle "$2" >/dev/null
    missing=$(${listMissing('"$5" "$6"')})
    [ -z "$missing" ] || { printf 'git objects are missing: %s\\n' $missing >&2; exit 1; }
    git update-ref --no-deref "$1" "$4"
    git update-ref --no-deref "refs/tags/$3" "$4" || echo "The tag $3 could not be set in the work tree"
    ${syncTree}`;
  const args = [ref, file, tag, ...[object, commit, previous].map(requireObjectId)];
  await context.run('import', gitScript(context.site, { title: `import ${tag}`, timeLimitMs, body, args }));
}
