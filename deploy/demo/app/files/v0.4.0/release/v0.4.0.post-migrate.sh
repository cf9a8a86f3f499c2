#!/bin/bash
# Release hook for v0.4.0: fills the cache anew, now with pinned notes.
set -e

echo "$DEPLOY_TAG post-migrate $$" >>"$DATA_DIR/hooks.log"

echo "Filling the cache..."
rm -rf "$APP_DIR/cache"
mkdir -p "$APP_DIR/cache"
node "$APP_DIR/bin/export_notes.mjs" >"$APP_DIR/cache/notes.json"
