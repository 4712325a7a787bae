#!/usr/bin/env bash
# Installs what building and running needs on Debian and Ubuntu, if it is not there, and says so first.
# Names given as arguments (tcpdump) are wanted but not needed: where they cannot be had, it goes on without.
set -euo pipefail

has() {
    case $1 in
        libpcap-dev) [ -e /usr/include/pcap/pcap.h ] || [ -e /usr/local/include/pcap/pcap.h ] ;;
        libsimdjson-dev) [ -e /usr/include/simdjson.h ] || [ -e /usr/local/include/simdjson.h ] ;;
        libpcre2-dev) [ -e /usr/include/pcre2.h ] || [ -e /usr/local/include/pcre2.h ] ;;
        libssl-dev) [ -e /usr/include/openssl/hmac.h ] || [ -e /usr/local/include/openssl/hmac.h ] ;;
        libyaml-dev) [ -e /usr/include/yaml.h ] || [ -e /usr/local/include/yaml.h ] ;;
        libzstd-dev) [ -e /usr/include/zstd.h ] || [ -e /usr/local/include/zstd.h ] ;;
        python3-scapy) /usr/bin/python3 -c 'import scapy' 2>/dev/null ;;
        postgresql) [ -d /usr/lib/postgresql ] ;;
        *) command -v "$1" >/dev/null ;;
    esac
}

# lacking NAME…: those that are not there.
lacking() {
    local name
    for name in "$@"; do has "$name" || echo "$name"; done
}

# package NAME…: what they are called where apt-get is.
package() {
    local name
    for name in "$@"; do
        case $name in
            dig) echo bind9-dnsutils ;;
            go) echo golang-go ;;
            *) echo "$name" ;;
        esac
    done
}

apt_install() {
    local root=()
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || { echo "this needs root, and there is no sudo" >&2; return 1; }
        root=(sudo)
    fi
    echo "Installing ${*} (apt-get${root:+, with sudo})"
    export DEBIAN_FRONTEND=noninteractive
    # The lists of packages may be old, or not there at all.
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q "$@" </dev/null >/dev/null 2>&1 && return
    "${root[@]}" apt-get update -q </dev/null >/dev/null 2>&1 || true
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q "$@" </dev/null >/dev/null
}

"${SWIFT:-swift}" --version >/dev/null 2>&1 || {
    echo 'Swift 6.2 or later is needed and not found: https://www.swift.org/install/linux/' >&2
    exit 2
}

needed=$(lacking libpcap-dev libpcre2-dev libssl-dev libyaml-dev libzstd-dev python3)
if [ -n "$needed" ]; then
    if command -v apt-get >/dev/null; then
        # shellcheck disable=SC2086
        apt_install $needed
    else
        echo "Please install these first: $(echo $needed)" >&2
        exit 2
    fi
fi

wanted=$(lacking "$@")
if [ -n "$wanted" ] && command -v apt-get >/dev/null; then
    # shellcheck disable=SC2086
    apt_install $(package $wanted) || echo "Going on without $(echo $wanted)"
fi
