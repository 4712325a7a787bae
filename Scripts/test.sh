#!/usr/bin/env bash
# Everything that CI runs, in CI's order; the first failure ends it. `make test` is the usual way to start it.
set -euo pipefail
cd "$(dirname "$0")/.."
swift=${SWIFT:-swift}
export CI=true PYTHONDONTWRITEBYTECODE=1

heading() { printf '\n=== %s\n' "$1"; }

heading 'What is needed'
Scripts/install-needed.sh tcpdump zstd openssl redis-server dig tshark
"$swift" --version 2>&1 | head -n 1

heading 'Format'
"$swift" format lint --strict --recursive --parallel Package.swift Sources Tests Examples
echo 'in order'

heading 'Build, warnings as errors'
"$swift" build --build-tests --explicit-target-dependency-import-check error

heading 'Links and manual pages'
python3 Scripts/check-links.py
python3 Scripts/check-docker.py
python3 Scripts/manual.py .build/debug/tapedeck .build/manual
echo "$(ls .build/manual | wc -l) pages"

heading 'Documentation of the source, warnings as errors'
SWIFT="$swift" Scripts/docs.py .build/debug .build/documentation

heading 'Tests'
# In a terminal Ctrl-C must reach the tests; elsewhere the time limit must reach their children.
foreground=()
[ ! -t 0 ] || foreground=(--foreground)
run_tests() {
    SWIFT="$swift" timeout "${foreground[@]}" --kill-after 10 900 Scripts/swift-test.sh "$@" 2>&1 |
        tee -a .build/test.log || fail_tests $?
}
# Says once more, at the end, what thousands of lines may hide.
fail_tests() {
    heading 'What failed'
    grep --after-context 15 '✘ Test .* recorded an issue' .build/test.log | grep --invert-match '^[✔◇]' | tail -n 200 || true
    grep '✘ Test ' .build/test.log | cut -c 1-300 || true
    echo "the tests ended with status $1" >&2
    exit 1
}
: >.build/test.log
# What only computes keeps the cores busy; what talks to other processes has them for itself afterwards.
processes='ServerTests|ReplayTests|EndToEndTests'
run_tests --skip "$processes"
run_tests --filter "$processes"

heading 'Replay of captures/'
timeout 120 .build/debug/tapedeck replay captures/ </dev/null
# A replay that could not fail would prove nothing.
status=0
timeout 120 .build/debug/tapedeck replay Examples/failing --quiet </dev/null >/dev/null || status=$?
if [ "$status" != 1 ]; then
    echo "replay of Examples/failing ended with status $status instead of 1" >&2
    exit 1
fi

heading 'What the benchmarks reckon with'
python3 -m unittest discover --start-directory Tests/Benchmarks

heading 'Memory that is asked for per message'
timeout --kill-after 10 300 python3 Tests/Benchmarks/allocations.py .build/debug/tapedeck debug </dev/null

heading 'Fuzzing, a short run'
timeout --kill-after 10 300 Tests/Fuzzing/smoke.sh </dev/null

heading 'Every Python that is here, in both directions'
FUZZ_COUNT=150 FUZZ_NAMES=2000 timeout --kill-after 10 120 Tests/Fuzzing/pythons.sh </dev/null

heading 'All is well'
grep 'Test run with' .build/test.log
