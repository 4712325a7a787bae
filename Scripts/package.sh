#!/usr/bin/env bash
# package.sh BINARY FOLDER: a tarball and (where dpkg-deb is) a Debian package of tapedeck, in FOLDER.
set -euo pipefail
[ $# = 2 ] || { sed -n '2s/^# //p' "$0" >&2; exit 64; }
binary=$1 folder=$2
cd "$(dirname "$0")/.."
version=$("$binary" --version | sed -n '1s/^tapedeck \([0-9][^ ]*\).*/\1/p')
[ -n "$version" ] || { echo "$binary does not say its version" >&2; exit 2; }
mkdir -p "$folder"
# The same sources make the same package.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

name=tapedeck-$version-linux-$(uname -m)
Scripts/install.sh "$binary" "$scratch/$name" >/dev/null
install -m 644 README.md CHANGELOG.md SECURITY.md LICENSE "$scratch/$name"
tar -C "$scratch" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" -czf "$folder/$name.tar.gz" "$name"
echo "$folder/$name.tar.gz"

command -v dpkg-deb >/dev/null || exit 0
root=$scratch/deb
Scripts/install.sh "$binary" "$root/usr" >/dev/null
# Debian has zsh's completions of packages elsewhere, manual pages packed, and licences with the copyright.
install -d "$root/usr/share/zsh/vendor-completions" "$root/usr/share/doc/tapedeck" "$root/DEBIAN"
mv "$root/usr/share/zsh/site-functions/_tapedeck" "$root/usr/share/zsh/vendor-completions/"
rmdir "$root/usr/share/zsh/site-functions"
gzip -9n "$root"/usr/share/man/man1/*.1
install -m 644 README.md SECURITY.md "$root/usr/share/doc/tapedeck"
gzip -9nc CHANGELOG.md >"$root/usr/share/doc/tapedeck/changelog.gz"
cat >"$root/usr/share/doc/tapedeck/copyright" <<END
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: tapedeck

Files: *
Copyright: The tapedeck authors
License: Apache-2.0
 On Debian systems the whole text is in /usr/share/common-licenses/Apache-2.0.
END
install -D -m 644 Packaging/systemd/tapedeck.yaml "$root/usr/share/doc/tapedeck/examples/tapedeck.yaml"
install -D -m 644 -t "$root/usr/lib/systemd/system" Packaging/systemd/tapedeck.service Packaging/systemd/tapedeck.socket
# Which packages have the libraries that it is linked with; ldd's list, each file asked for its package.
depends=$(objdump -p "$root/usr/bin/tapedeck" | awk '$1 == "NEEDED" { print $2 }' | while read -r library; do
    path=$(ldd "$root/usr/bin/tapedeck" | awk -v name="$library" '$1 == name { print $3 }')
    [ -z "$path" ] || dpkg-query -S "$path" 2>/dev/null || dpkg-query -S "$(realpath "$path")" 2>/dev/null ||
        dpkg-query -S "/usr$path" 2>/dev/null || true
done | sed 's/:.*//' | sort -u | paste -sd, | sed 's/,/, /g')
cat >"$root/DEBIAN/control" <<END
Package: tapedeck
Version: $version
Architecture: $(dpkg --print-architecture)
Maintainer: The tapedeck authors <tapedeck@localhost>
Section: net
Priority: optional
Depends: $depends
Recommends: ca-certificates
Suggests: tshark, python3
Installed-Size: $(du -sk "$root/usr" | cut -f1)
Description: VCR for sockets
 Serves, records and replays TCP protocols message by message: Python
 pickle, JSON, MessagePack and raw bytes. Recordings are text that git can
 compare; a replay sends them again and compares every answer.
END
find "$root" -newermt "@$SOURCE_DATE_EPOCH" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
package=$folder/tapedeck_${version}_$(dpkg --print-architecture).deb
dpkg-deb --root-owner-group --build "$root" "$package" >/dev/null
echo "$package"
