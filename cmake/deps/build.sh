#!/usr/bin/env bash
# Builds the pinned third-party libraries as static archives and prints where each one is.
#
#   build.sh <cache folder> [library ...]
#
# It prints "name=folder" lines for mbedtls, lws_mbedtls, lws_openssl, yyjson and mbedtls_small, or for those
# that are named (lws_mbedtls behind mbedtls). mbedtls_small is source: what a microcontroller verifies
# signatures with.
#
# Every library goes to <cache>/<name>-<hash of everything that went into it> and is built only when that
# folder is not there; checkouts may share one cache. Tarballs come from Debian's source archive, through
# a private apt configuration with this machine's own mirror; no root is needed. Environment:
#   TB_DEPS_CC         C compiler (default: gcc); what it compiles for is part of every name
#   TB_DEPS_TOOLCHAIN  CMake toolchain file that goes with this compiler, when it is the one of a sysroot
#   TB_DEPS_TARBALLS   folder with the tarballs of the file "pins", instead of the archive
#   TB_DEPS_MIRROR     address of the Debian mirror, if it cannot be read from the machine's apt sources
set -euo pipefail
export LC_ALL=C

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=cmake/deps/apt.sh
source "$here/apt.sh"
cache=$(realpath -m "${1:?usage: build.sh <cache folder> [library ...]}")
names=("${@:2}")
[ ${#names[@]} != 0 ] || names=(mbedtls lws_mbedtls lws_openssl yyjson mbedtls_small)
cc=${TB_DEPS_CC:-gcc}
suites=(trixie sid)
jobs=$(nproc)
compiler_options=(-DCMAKE_C_COMPILER="$cc")
if [ -n "${TB_DEPS_TOOLCHAIN:-}" ]; then
    compiler_options=(-DCMAKE_TOOLCHAIN_FILE="$TB_DEPS_TOOLCHAIN" -DTB_SYSROOT="${cc%/bin/cc}")
fi

# --- tarballs

pins_of() { awk -v name="$1" '$1 == name { print $2, $3 }' "$here/pins"; }

# Prints the path of an accepted tarball in a folder; a file with a pinned name and another content is an error.
tarball_in() { # <folder> <library>
    local file sum
    while read -r file sum; do
        [ -f "$1/$file" ] || continue
        [ "$(sha256sum <"$1/$file" | cut -d' ' -f1)" = "$sum" ] || die "$1/$file does not have the pinned SHA-256"
        printf '%s\n' "$1/$file"
        return 0
    done < <(pins_of "$2")
    return 1
}

apt_source() { # <suite> <source package> <folder>: downloads the upstream tarball of that suite
    local apt="$work/apt-$1"
    [ -d "$apt" ] || apt_private "$apt" deb-src "$1" "$(dpkg --print-architecture)"
    # --tar-only: the other files of a source package are sometimes gone from the archive.
    (cd "$3" && APT_CONFIG="$apt/apt.conf" apt-get source -q --download-only --tar-only "$2" >&2)
}

tarball_get() { # <library> <source package>: prints the path
    local store="$cache/tarballs" suite fresh
    if [ -n "${TB_DEPS_TARBALLS:-}" ]; then
        tarball_in "$TB_DEPS_TARBALLS" "$1" || die "no pinned tarball of $1 in $TB_DEPS_TARBALLS: $(pins_of "$1" | tr '\n' ' ')"
        return
    fi
    mkdir -p "$store"
    tarball_in "$store" "$1" && return
    need apt-get apt
    fresh=$(mktemp -d "$work/fetch.XXXXXX")
    for suite in "${suites[@]}"; do
        say "dependencies: fetching the source of $2 ($suite)"
        apt_source "$suite" "$2" "$fresh" || continue
        if tarball_in "$fresh" "$1" >/dev/null; then
            cp "$(tarball_in "$fresh" "$1")" "$store/"
            tarball_in "$store" "$1"
            return
        fi
    done
    die "none of the pinned versions of $2 is in ${suites[*]}; put one into a folder and set TB_DEPS_TARBALLS: $(pins_of "$1" | tr '\n' ' ')"
}

# --- one function per library: sources in $work/src, result in $1

cflags="-ffunction-sections -fdata-sections -fstack-protector-strong -fstack-clash-protection -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2"

unpack() { # <library> <source package> <folder>
    local tarball
    tarball=$(tarball_get "$1" "$2")
    mkdir -p "$3"
    tar -xf "$tarball" -C "$3" --strip-components=1
}

cmake_build() { # <source> <build folder> <prefix> <option ...>
    local source=$1 build=$2 prefix=$3
    shift 3
    cmake -S "$source" -B "$build" -G Ninja "${compiler_options[@]}" -DCMAKE_BUILD_TYPE=MinSizeRel \
        -DCMAKE_C_FLAGS="$cflags -ffile-prefix-map=$source=" -DCMAKE_POSITION_INDEPENDENT_CODE=ON \
        -DCMAKE_INSTALL_PREFIX="$prefix" -DCMAKE_INSTALL_LIBDIR=lib "$@"
    cmake --build "$build" -j "$jobs"
    cmake --install "$build"
}

build_mbedtls() {
    local src="$work/mbedtls"
    unpack mbedtls mbedtls "$src"
    cat "$here/mbedtls_config_fragment.h" >>"$src/include/mbedtls/mbedtls_config.h"
    cmake_build "$src" "$work/mbedtls-build" "$1" -DCMAKE_PROJECT_INCLUDE="$here/mbedtls_speed.cmake" \
        -DENABLE_PROGRAMS=OFF -DENABLE_TESTING=OFF -DUSE_STATIC_MBEDTLS_LIBRARY=ON \
        -DUSE_SHARED_MBEDTLS_LIBRARY=OFF -DMBEDTLS_FATAL_WARNINGS=OFF
}

lws_source() {
    local patch
    [ ! -d "$work/lws" ] || return 0
    unpack lws libwebsockets "$work/lws"
    for patch in "$here"/patches/lws-*.patch; do
        patch -s -p1 -d "$work/lws" <"$patch" || die "$patch does not apply"
    done
}

lws_options=(
    -DLWS_WITH_SHARED=OFF -DLWS_WITH_STATIC=ON -DLWS_STATIC_PIC=ON -DDISABLE_WERROR=ON
    -DLWS_WITHOUT_TESTAPPS=ON -DLWS_WITH_MINIMAL_EXAMPLES=OFF -DLWS_WITHOUT_EXTENSIONS=ON -DLWS_WITH_ZLIB=OFF
    -DLWS_WITH_TLS_SESSIONS=ON -DLWS_ROLE_RAW_FILE=ON -DLWS_IPV6=ON -DLWS_UNIX_SOCK=ON
    -DLWS_MAX_SMP=1 -DLWS_HAVE_LIBCAP=0 -DLWS_WITH_HTTP2=OFF -DLWS_WITH_LEJP=OFF -DLWS_WITH_LEJP_CONF=OFF
    -DLWS_WITH_SYS_SMD=OFF -DLWS_WITH_CONMON=OFF -DLWS_WITH_CACHE_NSCOOKIEJAR=OFF
    -DLWS_WITH_HTTP_BASIC_AUTH=OFF -DLWS_WITH_HTTP_UNCOMMON_HEADERS=OFF -DLWS_WITH_UDP=OFF
    -DLWS_WITH_NETLINK=OFF -DLWS_WITH_LWSAC=OFF -DLWS_WITH_EVLIB_PLUGINS=OFF -DLWS_WITH_DIR=OFF
)

# The agent's counter answers OPTIONS, which counts as uncommon: what a browser asks before it calls from another origin.
build_lws_mbedtls() {
    local tls=$mbedtls_dir lib
    lws_source
    lib="$tls/lib"
    cmake_build "$work/lws" "$work/lws-mbedtls-build" "$1" "${lws_options[@]}" -DLWS_WITH_MBEDTLS=ON \
        -DLWS_WITH_HTTP_UNCOMMON_HEADERS=ON \
        -DLWS_MBEDTLS_INCLUDE_DIRS="$tls/include" \
        -DLWS_MBEDTLS_LIBRARIES="$lib/libmbedtls.a;$lib/libmbedx509.a;$lib/libmbedcrypto.a" \
        -DMBEDTLS_LIBRARY="$lib/libmbedtls.a" -DMBEDX509_LIBRARY="$lib/libmbedx509.a" -DMBEDCRYPTO_LIBRARY="$lib/libmbedcrypto.a"
}

build_lws_openssl() {
    [ -n "$(printf '#include <openssl/ssl.h>\n' | "$cc" -E -o - - 2>/dev/null)" ] ||
        die "OpenSSL's headers are missing (Debian package: libssl-dev)"
    lws_source
    cmake_build "$work/lws" "$work/lws-openssl-build" "$1" "${lws_options[@]}"
}

build_yyjson() {
    local src="$work/yyjson"
    unpack yyjson yyjson "$src"
    mkdir -p "$1/include" "$1/lib"
    # Non-standard JSON is never accepted, and pointers and patches are not used: both stay out.
    # shellcheck disable=SC2086
    "$cc" -std=c11 -O2 -fPIC $cflags -DYYJSON_DISABLE_NON_STANDARD=1 -DYYJSON_DISABLE_UTILS=1 \
        -c "$src/src/yyjson.c" -o "$work/yyjson.o"
    "$("$cc" -print-prog-name=ar)" rcs "$1/lib/libyyjson.a" "$work/yyjson.o"
    cp "$src/src/yyjson.h" "$1/include/"
}

# p256-m and SHA-256, to be compiled with the flags of whoever uses them.
build_mbedtls_small() {
    local src="$work/mbedtls-small"
    unpack mbedtls mbedtls "$src"
    mkdir -p "$1/src"
    cp -r "$src/include" "$1/"
    cp "$src"/library/{common.h,alignment.h,sha256.c} "$src"/3rdparty/p256-m/p256-m/p256-m.[ch] "$1/src/"
}

# --- what goes into each library decides the name of its folder

compiler="$("$cc" -dumpmachine) $("$cc" -dumpfullversion -dumpversion)" || die "$cc is missing (Debian package: gcc)"
[ -z "${TB_DEPS_TOOLCHAIN:-}" ] || compiler="$(basename "$(realpath "${cc%/bin/cc}")") $compiler"
case $("$cc" -dM -E -x c /dev/null) in
*"__SIZEOF_POINTER__ 4"*) cflags="$cflags -D_TIME_BITS=64 -D_FILE_OFFSET_BITS=64" ;;
*"__aarch64__"*) cflags="$cflags -mbranch-protection=standard" ;;
esac

source_key() { pins_of "$1" | cat - "$here/build.sh" "${@:2}" | hash_of; } # <library of the pins> <file ...>

key() { printf '%s %s\n' "$compiler" "$(source_key "$@")" | hash_of; }

mbedtls_key=$(key mbedtls "$here/mbedtls_config_fragment.h" "$here/mbedtls_speed.cmake")
lws_key=$(key lws "$here"/patches/lws-*.patch)
declare -A folder=(
    [mbedtls]="$cache/mbedtls-$mbedtls_key"
    [lws_mbedtls]="$cache/lws-mbedtls-$(printf '%s%s' "$lws_key" "$mbedtls_key" | hash_of)"
    [lws_openssl]="$cache/lws-openssl-$lws_key"
    [yyjson]="$cache/yyjson-$(key yyjson)"
    [mbedtls_small]="$cache/mbedtls-small-$(source_key mbedtls)"
)
mbedtls_dir=${folder[mbedtls]}
for name in "${names[@]}"; do
    [ -n "${folder[$name]:-}" ] || die "there is no library $name"
done

build_missing() {
    local name log status
    for name in "${names[@]}"; do
        [ ! -d "${folder[$name]}" ] || continue
        need cmake cmake
        need ninja ninja-build
        need patch patch
        need bzip2 bzip2
        need xz xz-utils
        say "dependencies: building $name"
        log="$cache/$name.log"
        rm -rf "$cache/$name.new"
        # Not as a condition: bash would then go on after a command that fails inside.
        set +e
        (set -e; "build_$name" "$cache/$name.new") >"$log" 2>&1
        status=$?
        set -e
        if [ "$status" != 0 ]; then
            tail -n 40 "$log" >&2
            die "building $name failed; the whole log is $log"
        fi
        # Installed files name their own folder only in CMake's and pkg-config's, which are not used.
        rm -rf "$cache/$name.new/lib/cmake" "$cache/$name.new/lib/pkgconfig" "$cache/$name.new/share" "$cache/$name.new/bin"
        mv "$cache/$name.new" "${folder[$name]}"
    done
}

all_there() {
    local name
    for name in "${names[@]}"; do
        [ -d "${folder[$name]}" ] || return 1
    done
}

mkdir -p "$cache"
if ! all_there; then
    # lws would name the commit of the checkout around it as its own.
    GIT_CEILING_DIRECTORIES=$(cd "$cache" && pwd -P)
    export GIT_CEILING_DIRECTORIES
    need flock util-linux
    exec 9>"$cache/lock"
    flock 9
    work=$(mktemp -d "$cache/work.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    build_missing
fi
for name in "${names[@]}"; do
    printf '%s=%s\n' "$name" "${folder[$name]}"
done
