#!/bin/sh
# Lays pickles before every Python that is found, in both directions: what it dumps of plain values, in every protocol, comes
# back byte for byte through its readable text; the text is that of an independent writer; it loads our bytes as the same
# values; and whatever name its unpicklers would import from a hostile pickle, the scan names.
# FUZZ_COUNT (values of each Python), FUZZ_NAMES (hostile pickles) and FUZZ_SEED may be set. Run smoke.sh first: it builds `fuzz`.
set -eu
cd "$(dirname "$0")"
seed="${FUZZ_SEED:-1}"
count="${FUZZ_COUNT:-300}"
names="${FUZZ_NAMES:-5000}"
status=0
found=' '
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

.build/release/fuzz --verdicts scan.pickle --cases "$names" --seed "$seed" >"$scratch/names"

# Those of the path by name, and those that pyenv keeps; each once.
candidates() {
    for name in python3 python2.7 python3.6 python3.7 python3.8 python3.9 python3.10 python3.11 python3.12 python3.13 \
        python3.14 python3.15; do
        command -v "$name" || true
    done
    for python in "${PYENV_ROOT:-$HOME/.pyenv}"/versions/*/bin/python; do
        [ ! -x "$python" ] || echo "$python"
    done
}

for python in $(candidates); do
    place=$("$python" -c 'import os, pickle, sys; sys.stdout.write(os.path.realpath(sys.executable))' 2>/dev/null) || continue
    case $found in *" $place "*) continue ;; esac
    found="$found$place "
    version=$("$python" -c 'import sys; sys.stdout.write(sys.version.split()[0])')
    # Hashes of text are made the same each time, so that a seed gives the same sets.
    PYTHONHASHSEED=0 "$python" pythons.py make "$seed" "$count" >"$scratch/theirs"
    timeout 300 .build/release/fuzz --examples <"$scratch/theirs" >"$scratch/ours" || status=1
    printf '%s: ' "$version"
    grep -v '^=' "$scratch/ours"
    PYTHONHASHSEED=0 "$python" pythons.py load "$scratch/ours" || status=1
    python3 pythons.py notation "$scratch/ours" || status=1
    # Buffers came with 3.8; older ones import nothing else.
    if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 8))'; then
        timeout 300 "$python" names.py <"$scratch/names" || status=1
    fi
done
[ "$found" != ' ' ] || { echo 'no Python was found'; exit 2; }
exit $status
