#!/usr/bin/env bash
# Builds the tests with the thread sanitizer and with the address sanitizer, each in a folder of its own, and runs with the one those in
# which threads share something, with the other also those that read hostile bytes: races and wrong accesses that happen to do no harm
# are found, too. Two clean builds and slow tests: half an hour or more. SANITIZERS="thread address" says which,
# FILTER='ServerTests|RecorderTests' which tests. A finding ends it; all of it is in .build-NAME/found.*, the tests' output in
# .build-NAME/tests.log. Leaks are not looked for.
set -euo pipefail
cd "$(dirname "$0")/.."
swift=${SWIFT:-swift}
export PYTHONDONTWRITEBYTECODE=1

# Left out where FILTER names EndToEndTests: they look at how much memory tapedeck takes, and a sanitizer takes several times as much.
memory='ExecTests/(readsNothing|slowClient|doesNoGood)'

for sanitizer in ${SANITIZERS:-thread address}; do
    build=.build-$sanitizer
    log=$build/tests.log
    "$swift" build --build-tests --sanitize="$sanitizer" --scratch-path "$build"
    # The program that the tests start is built with the sanitizer as well: what it finds there goes to files.
    rm -f "$build"/found.*
    found=$(pwd)/$build/found
    export TSAN_OPTIONS="suppressions=$(pwd)/Tests/Sanitizers/thread.supp log_path=$found exitcode=66" ASAN_OPTIONS="log_path=$found detect_leaks=0"
    tests='ServerTests|RecorderTests'
    [ "$sanitizer" != address ] || tests="CodecsTests|ReplayTests|$tests"
    status=0
    # A sanitizer makes everything five to fifteen times slower.
    SWIFT="$swift" AT_ONCE=1 timeout --kill-after 10 7200 Scripts/swift-test.sh --sanitize="$sanitizer" \
        --scratch-path "$build" --filter "${FILTER:-$tests}" --skip "$memory" >"$log" 2>&1 || status=$?
    if compgen -G "$found.*" >/dev/null; then
        head -n 60 "$found".*
        echo "the $sanitizer sanitizer found something; all of it: $build/found.*, the tests' output: $log" >&2
        exit 1
    fi
    if [ "$status" != 0 ]; then
        grep -E '✘|error:' "$log" || tail -n 40 "$log"
        echo "tests failed with the $sanitizer sanitizer, which found nothing itself; all of their output: $log" >&2
        exit 1
    fi
    grep 'Test run with' "$log"
    echo "the $sanitizer sanitizer found nothing"
done
