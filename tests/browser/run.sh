#!/bin/sh
# Runs the journeys in Chromium against the program at AFORO_BIN (default: the debug build of this repository, built with
# --features aforo/actix): all of them on axum, then those on actix-web in which a host could differ.
# Arguments are journeys to run instead: ./run.sh journeys/pages.test.js. They run on axum, or on AFORO_SERVER (axum,
# actix); AFORO_SERVER alone runs all journeys there. CHROMIUM names another Chromium than /usr/bin/chromium, JOBS how
# many journeys run at a time (2).
set -eu
cd "$(dirname "$0")"
if [ ! -x "${CHROMIUM:-/usr/bin/chromium}" ]; then
  echo "no Chromium at ${CHROMIUM:-/usr/bin/chromium}: install it, or set CHROMIUM" >&2
  exit 1
fi
[ -d node_modules/playwright-core ] && [ -d node_modules/axe-core ] || npm ci --silent

run() {
  node --test --test-concurrency="${JOBS:-2}" --test-reporter=spec "$@"
}

if [ $# -gt 0 ]; then
  run "$@"
elif [ -n "${AFORO_SERVER:-}" ]; then
  run journeys/*.test.js
else
  result=0
  echo "-- on axum"
  AFORO_SERVER=axum run journeys/*.test.js || result=$?
  echo "-- on actix-web"
  # Streams, uploads, redirects, time limits, live edits, and agents: the reference, the guides and their editors.
  for name in main-job docs search playground failures hostile-text editor specs mcp; do
    set -- "$@" "journeys/$name.test.js"
  done
  AFORO_SERVER=actix run "$@" || result=$?
  exit $result
fi
