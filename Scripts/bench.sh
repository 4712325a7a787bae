#!/usr/bin/env bash
# Builds and runs the benchmarks, where there are some.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ ! -f Tests/Benchmarks/Package.swift ]; then
    echo 'There are no benchmarks yet: they will stand in Tests/Benchmarks, and this will run them.'
    exit 0
fi
Scripts/install-needed.sh
exec "${SWIFT:-swift}" run -c release --package-path Tests/Benchmarks --scratch-path .build/benchmarks "$@"
