#!/bin/bash
# Release hook for v0.6.0: publishes the static files.
set -e

echo "$DEPLOY_TAG post-pull $$" >>"$DATA_DIR/hooks.log"
echo "=== Release hook: $DEPLOY_TAG ==="

# Idempotency check - skip if already done
MARKER="$APP_DIR/.release-${DEPLOY_TAG}-done"
if [ -f "$MARKER" ]; then
  echo "Already applied, skipping"
  exit 0
fi

echo "Publishing static files for $DEPLOY_ENV..."
mkdir -p "$DATA_DIR/public"
cp "$APP_DIR/static/about.json" "$DATA_DIR/public/"

# Mark as complete
touch "$MARKER"
echo "=== Release hook complete ==="
