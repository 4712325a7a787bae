#!/bin/sh
# A long run: every fuzzer, with a look at the time that each case takes, then the comparisons with CPython.
# soak.sh [SECONDS [SEED]]
set -eu
cd "$(dirname "$0")"
seconds="${1:-600}"
seed="${2:-1}"
swift build -c release 2>&1 | tail -n 3
status=0
nice timeout $((seconds * 2 + 60)) .build/release/fuzz --soak --seconds "$seconds" --seed "$seed" --tests "$(cd .. && pwd)" || status=1
for format in json pickle; do
    nice .build/release/fuzz --verdicts "payload.$format" --cases 100000 --seed "$seed" --tests "$(cd .. && pwd)" |
        nice timeout "$seconds" python3 verdicts.py "$format" || status=1
done
FUZZ_SEED="$seed" nice ./pythons.sh || status=1
exit $status
