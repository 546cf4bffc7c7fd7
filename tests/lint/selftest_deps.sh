#!/usr/bin/env bash
# Holds cmake/deps/build.sh to its word: a wrong or missing tarball stops the build and leaves nothing behind.
set -euo pipefail
build=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/cmake/deps/build.sh
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
failed=0

# refused <what it must say> <name=value ...>
refused() {
    local text=$1
    shift
    if env "$@" "$build" "$folder/cache" >"$folder/out" 2>"$folder/said" || ! grep -q "$text" "$folder/said"; then
        echo "does not stop with \"$text\":"
        cat "$folder/said"
        failed=1
    fi
    if [ -n "$(find "$folder/cache" -mindepth 1 -maxdepth 1 -type d -not -name tarballs 2>/dev/null)" ]; then
        echo "left behind: $(ls "$folder/cache")"
        failed=1
    fi
}

mkdir "$folder/none" "$folder/wrong"
refused 'no pinned tarball of mbedtls' TB_DEPS_TARBALLS="$folder/none"
echo wrong >"$folder/wrong/mbedtls_3.6.6.orig.tar.bz2"
refused 'does not have the pinned SHA-256' TB_DEPS_TARBALLS="$folder/wrong"
refused 'Debian package: gcc' TB_DEPS_CC=no-such-compiler
exit "$failed"
