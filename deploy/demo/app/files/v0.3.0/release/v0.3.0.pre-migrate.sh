#!/bin/bash
# Release hook for v0.3.0: saves the notes before the migration changes their text.
set -e

echo "$DEPLOY_TAG pre-migrate $$" >>"$DATA_DIR/hooks.log"
SAVED="$DATA_DIR/saved/notes-before-$DEPLOY_TAG.json"

echo "Saving the notes to $SAVED..."
mkdir -p "$DATA_DIR/saved"
node "$APP_DIR/bin/export_notes.mjs" >"$SAVED.part"
mv "$SAVED.part" "$SAVED"
