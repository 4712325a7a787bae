#!/usr/bin/env bash
# Measures what a replay costs beside a client in C; QUICK=1 for fewer and shorter rounds, WRITE=BENCHMARKS.md to put the table there.
set -euo pipefail
cd "$(dirname "$0")/.."
export PYTHONDONTWRITEBYTECODE=1
Scripts/install-needed.sh gcc
Scripts/build-release.sh
exec python3 Tests/Benchmarks/bench_replay.py ${QUICK:+--quick} ${WRITE:+--write "$WRITE"} "$@"
