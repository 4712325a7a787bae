#!/usr/bin/env bash
# Measures import and export of captures beside libpcap's own loop, tcpflow and tshark; QUICK=1 for fewer rounds, WRITE=BENCHMARKS.md to
# put the table there.
set -euo pipefail
cd "$(dirname "$0")/.."
export PYTHONDONTWRITEBYTECODE=1
Scripts/install-needed.sh gcc tcpflow tshark
Scripts/build-release.sh
exec python3 Tests/Benchmarks/bench_import.py ${QUICK:+--quick} ${WRITE:+--write "$WRITE"} "$@"
