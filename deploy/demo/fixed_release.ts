// The release v0.7.0, which the demo adds during the tour: it fixes the migration, and one of its hooks is slow.
import { addRelease, type AppRepository } from './app/make_app_repository.js';

export const fixedTag = 'v0.7.0';
/** The number of parts of the search index; the hook prints a line for each. */
export const indexParts = 20;
export const indexPart = (part: number) => `Part ${part} of ${indexParts}`;

const migration = `// Gives every note a title.
import { openDatabase } from '../db.mjs';

const db = await openDatabase();
db.exec(\`
  BEGIN;
  ALTER TABLE notes ADD COLUMN title TEXT NOT NULL DEFAULT '';
  UPDATE notes SET title = substr(text, 1, 8);
  COMMIT;
\`);
db.close();
console.log('Notes have titles now');
`;

const hook = `#!/bin/bash
# Release hook for ${fixedTag}: builds the search index, part by part, which takes some seconds.
set -e

echo "$DEPLOY_TAG post-migrate $$" >>"$DATA_DIR/hooks.log"

echo "Building the search index..."
: >"$DATA_DIR/search.part"
for ((part = 1; part <= ${indexParts}; part++)); do
  sleep 0.2
  echo "part $part" >>"$DATA_DIR/search.part"
  echo "Part $part of ${indexParts}"
done
mv "$DATA_DIR/search.part" "$DATA_DIR/search.index"
`;

/** Adds the release to the repository. */
export async function addFixedRelease(repository: AppRepository): Promise<void> {
  await addRelease(repository, fixedTag, {
    'scripts/005_shorten_notes.mjs': migration,
    [`release/${fixedTag}.post-migrate.sh`]: hook,
  });
}
