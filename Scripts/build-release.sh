#!/usr/bin/env bash
# Builds the release binary, .build/release/tapedeck. Swift's libraries are part of it: it starts in two thirds of the time and runs where
# there is no Swift. RELEASE_FLAGS= builds it without them.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck disable=SC2086
exec "${SWIFT:-swift}" build -c release ${RELEASE_FLAGS---static-swift-stdlib} --product tapedeck
