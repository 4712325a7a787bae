#!/usr/bin/env bash
# Measures the release binary beside peers: all parts, or those that are named.
#
#     Scripts/bench.sh [memory|servers|connections|replay|import|files|codecs|micro]...
#
# All of them write what they find into BENCHMARKS.md; WRITE=FILE writes it there instead, WRITE= nowhere. Named parts write
# with WRITE=FILE alone, and so does QUICK=1, which takes one short round of fewer rows and leaves micro out.
set -euo pipefail
cd "$(dirname "$0")/.."
export PYTHONDONTWRITEBYTECODE=1
SECONDS=0
parts=("$@")
if [ $# = 0 ]; then
    parts=(memory servers connections replay import files codecs)
    if [ -z "${QUICK:-}" ]; then
        parts+=(micro)
        WRITE=${WRITE-BENCHMARKS.md}
    fi
fi
options=()
[ -z "${QUICK:-}" ] || options+=(--quick)
[ -z "${WRITE:-}" ] || options+=(--write "$WRITE")

# Programs that it is measured with or beside.
wanted() {
    case $1 in
        memory | replay | files) echo gcc ;;
        servers) echo gcc haproxy socat go ;;
        connections) echo gcc go ;;
        import) echo gcc tcpflow tshark ;;
        codecs) echo g++ libsimdjson-dev ;;
        micro) ;;
        *)
            echo "$0: there is no part \"$1\": memory, servers, connections, replay, import, files, codecs, micro" >&2
            exit 64
            ;;
    esac
}

measure() {
    case $1 in
        memory) python3 Tests/Benchmarks/allocations.py .build/release/tapedeck release ;;
        *) python3 "Tests/Benchmarks/bench_$1.py" "${options[@]}" ;;
    esac
}

needed=$(for part in "${parts[@]}"; do wanted "$part" || exit; done)
# shellcheck disable=SC2046
Scripts/install-needed.sh $(echo "$needed" | tr ' ' '\n' | sort -u)
Scripts/build-release.sh
failed=()
for part in "${parts[@]}"; do
    printf '\n=== %s\n\n' "$part"
    measure "$part" || failed+=("$part")
done
printf '\nTook %d:%02d minutes.\n' $((SECONDS / 60)) $((SECONDS % 60))
if [ ${#failed[@]} != 0 ]; then
    echo "Goals were missed, or something failed, in: ${failed[*]}"
    exit 1
fi
