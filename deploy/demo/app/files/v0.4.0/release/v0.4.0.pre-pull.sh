#!/bin/bash
# Release hook for v0.4.0: writes the settings that this version wants.
set -e

echo "$DEPLOY_TAG pre-pull $$" >>"$DATA_DIR/hooks.log"

echo "Writing settings for $DEPLOY_ENV..."
echo '{ "page_size": 1000 }' >"$DATA_DIR/settings.json"
