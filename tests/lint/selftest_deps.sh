#!/usr/bin/env bash
# Holds cmake/deps/build.sh and sysroot.sh to their word: what is wrong or missing stops them and leaves nothing behind.
set -euo pipefail
deps=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/cmake/deps
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
failed=0

# refused <what it must say> <script and its arguments> <name=value ...>
refused() {
    local text=$1 script
    read -ra script <<<"$2"
    shift 2
    if env "$@" "$deps/${script[0]}" "$folder/cache" "${script[@]:1}" >"$folder/out" 2>"$folder/said" || ! grep -q "$text" "$folder/said"; then
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
refused 'no pinned tarball of mbedtls' build.sh TB_DEPS_TARBALLS="$folder/none"
echo wrong >"$folder/wrong/mbedtls_3.6.6.orig.tar.bz2"
refused 'does not have the pinned SHA-256' build.sh TB_DEPS_TARBALLS="$folder/wrong"
refused 'Debian package: gcc' build.sh TB_DEPS_CC=no-such-compiler
refused 'no architecture mips' 'sysroot.sh mips' TB_DEPS_MIRROR=
mkdir "$folder/bin" "$folder/mirror"
for tool in bash env dirname sha256sum cut; do
    ln -s "$(command -v "$tool")" "$folder/bin/"
done
refused 'aarch64-linux-gnu-gcc is missing (Debian package: gcc-aarch64-linux-gnu)' 'sysroot.sh arm64' PATH="$folder/bin"
refused 'does not have a Release file' 'sysroot.sh armhf' TB_DEPS_MIRROR="file:$folder/mirror"

# The mirror is found in each form of apt's sources that Debian's installers and images write.
eval "$(sed -n '/^mirror_find()/,/^}/p' "$deps/apt.sh")"
mirror_is() { # <mirror> <file> <line ...>
    local mirror=$1 file=$folder/apt/$2 found
    shift 2
    rm -rf "$folder/apt"
    mkdir -p "$folder/apt/sources.list.d"
    printf '%s\n' "$@" >"$file"
    found=$(mirror_find "$folder/apt")
    [ "$found" = "$mirror" ] || { echo "the mirror is \"$found\" and not \"$mirror\" with:"; cat "$file"; failed=1; }
}

mirror_is http://mirror.example/debian/ sources.list '# deb cdrom:[Debian]/ trixie main' \
    'deb http://mirror.example/debian-security trixie-security main' 'deb http://mirror.example/debian/ trixie main'
mirror_is http://mirror.example/debian sources.list.d/debian.sources 'Types: deb' 'URIs: http://mirror.example/debian' \
    'Suites: trixie trixie-updates' 'Components: main'
mirror_is mirror+file:///etc/apt/mirrors/debian.list sources.list.d/debian.sources 'Types: deb deb-src' \
    'URIs: mirror+file:///etc/apt/mirrors/debian.list' 'Suites: trixie trixie-updates' 'Components: main' '' \
    'Types: deb deb-src' 'URIs: mirror+file:///etc/apt/mirrors/debian-security.list' 'Suites: trixie-security' 'Components: main'
mirror_is '' sources.list 'deb http://mirror.example/other trixie main'
exit "$failed"
