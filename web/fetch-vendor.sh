#!/bin/sh
# Puts the player library where the build looks for it: web/vendor/hls.min.js, the version and hash of package-lock.json.
# Does nothing if it is there already.
set -eu
cd "$(dirname "$0")"

lock=$(cksum < package-lock.json)
if [ -s vendor/hls.min.js ] && [ "$(cat vendor/lock 2>/dev/null)" = "$lock" ]; then
    exit 0
fi
npm ci --ignore-scripts --no-audit --no-fund
mkdir -p vendor
cp node_modules/hls.js/dist/hls.light.min.js vendor/hls.min.js.new
mv vendor/hls.min.js.new vendor/hls.min.js
cp node_modules/hls.js/LICENSE vendor/hls.LICENSE
echo "$lock" > vendor/lock
