#!/usr/bin/env bash
# Builds the release binary and measures it beside peers: the server, replays, the codecs; QUICK=1 for fewer and shorter rounds.
set -euo pipefail
cd "$(dirname "$0")/.."
Scripts/install-needed.sh
"${SWIFT:-swift}" build -c release --product tapedeck
status=0
python3 Tests/Benchmarks/bench.py ${QUICK:+--quick} "$@" || status=$?
Scripts/bench-replay.sh || status=$?
Scripts/bench-codecs.sh || status=$?
exit "$status"
