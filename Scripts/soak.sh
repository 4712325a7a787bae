#!/usr/bin/env bash
# The tests and the replay of captures/ many times over, for what goes wrong only now and then.
# ROUNDS=20 says how often. The first failure ends it, with its output in .build/soak.log.
set -euo pipefail
cd "$(dirname "$0")/.."
swift=${SWIFT:-swift}
rounds=${ROUNDS:-20}
log=.build/soak.log
export PYTHONDONTWRITEBYTECODE=1

Scripts/install-needed.sh tcpdump
"$swift" build --build-tests
for ((round = 1; round <= rounds; round++)); do
    started=$SECONDS
    if ! { timeout 1200 "$swift" test --skip-build && timeout 300 .build/debug/tapedeck replay captures/; } \
        >"$log" 2>&1 </dev/null; then
        grep -E '✘|FAIL|ERROR|error:' "$log" || tail -n 40 "$log"
        echo "round $round of $rounds failed; all of its output: $log"
        exit 1
    fi
    echo "round $round of $rounds passed in $((SECONDS - started)) s"
done
