// The releases of the fleet's rollouts: v0.8.0, whose hook needs a file that nobody has committed, and v0.8.1, which has it.
import { addRelease, type AppRepository } from './app/make_app_repository.js';
import { fixedTag } from './fixed_release.js';

export const brokenTag = 'v0.8.0';
export const mendedTag = 'v0.8.1';
/** The hook of the broken release; it is also run on the way to the mended one. */
export const brokenHook = `${brokenTag}.post-migrate.sh`;

const publishStyle = `#!/bin/bash
# Release hook for ${brokenTag}: publishes the style sheet.
set -e

echo "$DEPLOY_TAG post-migrate $$" >>"$DATA_DIR/hooks.log"

echo "Publishing the style sheet..."
mkdir -p "$DATA_DIR/public"
cp "$APP_DIR/static/style.css" "$DATA_DIR/public/"
`;

/** From now on the search index is built at once: for a tenant that crosses the release before, too. */
const buildIndex = `#!/bin/bash
# Release hook for ${fixedTag}: builds the search index.
set -e

echo "$DEPLOY_TAG post-migrate $$" >>"$DATA_DIR/hooks.log"

echo "Building the search index..."
echo "all parts" >"$DATA_DIR/search.index"
`;

/** Adds the broken release to the repository. */
export async function addBrokenRelease(repository: AppRepository): Promise<void> {
  await addRelease(repository, brokenTag, {
    [`release/${brokenHook}`]: publishStyle,
    [`release/${fixedTag}.post-migrate.sh`]: buildIndex,
  });
}

/** Adds the release that mends it. */
export async function addMendedRelease(repository: AppRepository): Promise<void> {
  await addRelease(repository, mendedTag, { 'static/style.css': 'body { font-family: sans-serif }\n' });
}
