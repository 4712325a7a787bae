#!/usr/bin/env bash
# Measures the codecs beside CPython, orjson and simdjson; QUICK=1 for fewer and shorter rounds, WRITE=BENCHMARKS.md to put the
# table there.
set -euo pipefail
cd "$(dirname "$0")/.."
export PYTHONDONTWRITEBYTECODE=1
Scripts/install-needed.sh g++ libsimdjson-dev
exec python3 Tests/Benchmarks/bench_codecs.py ${QUICK:+--quick} ${WRITE:+--write "$WRITE"} "$@"
