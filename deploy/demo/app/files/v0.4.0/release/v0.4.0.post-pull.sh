#!/bin/bash
# Release hook for v0.4.0: publishes the static files again.
set -e

echo "$DEPLOY_TAG post-pull $$" >>"$DATA_DIR/hooks.log"

echo "Publishing static files for $DEPLOY_ENV..."
mkdir -p "$DATA_DIR/public"
cp "$APP_DIR/static/about.json" "$DATA_DIR/public/"
