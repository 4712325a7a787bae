#!/usr/bin/env bash
# Builds the release binary and measures it beside peers: the server, replays, captures, the codecs; QUICK=1 for fewer and shorter rounds,
# WRITE=BENCHMARKS.md to put the tables there.
set -euo pipefail
cd "$(dirname "$0")/.."
export PYTHONDONTWRITEBYTECODE=1
Scripts/install-needed.sh haproxy socat go
Scripts/build-release.sh
status=0
python3 Tests/Benchmarks/allocations.py .build/release/tapedeck release || status=$?
python3 Tests/Benchmarks/bench_servers.py ${QUICK:+--quick} ${WRITE:+--write "$WRITE"} "$@" || status=$?
python3 Tests/Benchmarks/bench_connections.py ${QUICK:+--quick} ${WRITE:+--write "$WRITE"} || status=$?
Scripts/bench-replay.sh || status=$?
Scripts/bench-import.sh || status=$?
python3 Tests/Benchmarks/bench_files.py --binary .build/release/tapedeck ${QUICK:+--quick} ${WRITE:+--write "$WRITE"} || status=$?
Scripts/bench-codecs.sh || status=$?
[ -n "${QUICK:-}" ] || python3 Tests/Benchmarks/bench_micro.py ${WRITE:+--write "$WRITE"} || status=$?
exit "$status"
