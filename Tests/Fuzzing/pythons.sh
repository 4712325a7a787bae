#!/bin/sh
# Lets every Python that is found dump plain values in every protocol, and checks that each pickle comes back byte for byte
# through its readable text. For a long run, not for each build; run smoke.sh first, which builds `fuzz`.
set -eu
cd "$(dirname "$0")"
seed="${FUZZ_SEED:-1}"
count="${FUZZ_COUNT:-300}"
status=0
found=0
for python in "$HOME"/.pyenv/versions/*/bin/python python2.7 python3 python3.6 python3.7 python3.8 python3.9 python3.10 \
    python3.11 python3.12 python3.13 python3.14; do
    "$python" -c 'import pickle' 2>/dev/null || continue
    found=$((found + 1))
    printf '%s: ' "$("$python" -c 'import sys; sys.stdout.write(sys.version.split()[0])')"
    # Hashes of text are made the same each time, so that a seed gives the same sets.
    PYTHONHASHSEED=0 "$python" pythons.py "$seed" "$count" | timeout 300 .build/release/fuzz --examples || status=1
done
[ "$found" -gt 0 ] || { echo "no Python was found"; exit 2; }
exit $status
