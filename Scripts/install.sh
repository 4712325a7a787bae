#!/usr/bin/env bash
# install.sh BINARY PREFIX: puts tapedeck, its manual pages and its completions for bash, zsh and fish below PREFIX.
# install.sh --remove PREFIX: takes them away again.
set -euo pipefail
here=$(dirname "$0")
[ $# = 2 ] || { sed -n '2,3s/^# //p' "$0" >&2; exit 64; }
prefix=$2
bash_completions=$prefix/share/bash-completion/completions/tapedeck
zsh_completions=$prefix/share/zsh/site-functions/_tapedeck
fish_completions=$prefix/share/fish/vendor_completions.d/tapedeck.fish

if [ "$1" = --remove ]; then
    rm -f "$prefix/bin/tapedeck" "$prefix"/share/man/man1/tapedeck.1 "$prefix"/share/man/man1/tapedeck-*.1 \
        "$bash_completions" "$zsh_completions" "$fish_completions"
    exit 0
fi
binary=$1
pages=$(mktemp -d)
trap 'rm -rf "$pages"' EXIT
python3 "$here/manual.py" "$binary" "$pages/man"
for shell in bash zsh fish; do "$binary" --generate-completion-script "$shell" >"$pages/$shell"; done

install -d "$prefix/bin" "$prefix/share/man/man1"
# Without what debuggers want to know it has half the size.
install -s -m 755 "$binary" "$prefix/bin/tapedeck" 2>/dev/null || install -m 755 "$binary" "$prefix/bin/tapedeck"
install -m 644 "$pages"/man/*.1 "$prefix/share/man/man1"
install -D -m 644 "$pages/bash" "$bash_completions"
install -D -m 644 "$pages/zsh" "$zsh_completions"
install -D -m 644 "$pages/fish" "$fish_completions"
echo "tapedeck is in $prefix/bin, its manual in $prefix/share/man, its completions in $prefix/share"
