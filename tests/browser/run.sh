#!/bin/sh
# Runs the journeys in Chromium against the program at AFORO_BIN (default: the debug build of this repository).
# CHROMIUM names another Chromium than /usr/bin/chromium. Further arguments are journeys: ./run.sh journeys/pages.test.js
set -eu
cd "$(dirname "$0")"
if [ ! -x "${CHROMIUM:-/usr/bin/chromium}" ]; then
  echo "no Chromium at ${CHROMIUM:-/usr/bin/chromium}: install it, or set CHROMIUM" >&2
  exit 1
fi
[ -d node_modules/playwright-core ] && [ -d node_modules/axe-core ] || npm ci --silent
[ $# -gt 0 ] || set -- journeys/*.test.js
exec node --test --test-concurrency="${JOBS:-2}" --test-reporter=spec "$@"
