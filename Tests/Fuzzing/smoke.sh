#!/bin/sh
# A short run of every fuzzer, for each build: kept cases first, then new ones. Fixed time, fixed seed; at most a minute
# with a warm build folder. FUZZ_SECONDS and FUZZ_SEED may be set from outside.
set -eu
cd "$(dirname "$0")"
swift build -c release 2>&1 | tail -n 3
exec timeout 120 .build/release/fuzz --seconds "${FUZZ_SECONDS:-30}" --seed "${FUZZ_SEED:-1}" --tests "$(cd .. && pwd)"
