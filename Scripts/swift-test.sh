#!/usr/bin/env bash
# `swift test` of what is built, with these arguments, a few tests at a time: hundreds at once would each get so little of the
# processor that a time limit of seconds, which is what some are about, runs out before a process has so much as started.
# AT_ONCE=4 says how many for each core.
set -euo pipefail
swift=${SWIFT:-swift}
options=(--skip-build)
case $("$swift" test --help-hidden) in
*--experimental-maximum-parallelization-width*)
    options+=(--experimental-maximum-parallelization-width "$((${AT_ONCE:-4} * $(nproc)))")
    ;;
esac
# A python3 that is a version manager's shim is a shell script that takes longer to begin than Python itself.
PATH=$(dirname "$(python3 -c 'import sys; print(sys.executable)')"):$PATH
export PATH
exec "$swift" test "${options[@]}" "$@" </dev/null
