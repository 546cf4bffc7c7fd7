#!/usr/bin/env bash
# Unpacks the libraries of another architecture, and prints the folder they are in.
#
#   sysroot.sh <cache folder> <arm64|armhf>
#
# The folder is <cache>/sysroot-<architecture>-<hash of everything that decides its content> and is made only when it
# is not there. It holds the C library, headers and shared libraries of the oldest Debian that boards run, so that what
# is linked against it runs on that one and on every later one, whichever Debian builds. Nothing is installed, nothing
# of the machine's own packages changes (libnfc-dev and libusb-dev of two architectures exclude each other), and no
# root is needed. bin/cc in it is the cross compiler that sees nothing but this folder. Environment: TB_DEPS_MIRROR, as
# for build.sh.
set -euo pipefail
export LC_ALL=C

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=cmake/deps/apt.sh
source "$here/apt.sh"
cache=${1:?usage: sysroot.sh <cache folder> <architecture>}
architecture=${2:?usage: sysroot.sh <cache folder> <architecture>}
suite=bookworm
packages=(
    libc6 libc6-dev linux-libc-dev libgcc-s1 libcrypt1 libcrypt-dev
    libssl3 libssl-dev libsqlite3-0 libsqlite3-dev libcmocka0 libcmocka-dev
    libnfc6 libnfc-dev libzbar0 libzbar-dev libqrencode4 libqrencode-dev libusb-0.1-4 libusb-dev libusb-1.0-0 libudev1
)

case $architecture in
arm64) triple=aarch64-linux-gnu ;;
armhf) triple=arm-linux-gnueabihf ;;
*) die "there is no architecture $architecture: arm64 or armhf" ;;
esac

packages_unpack() { # <folder>
    local root=${1:?} package
    say "dependencies: fetching ${#packages[@]} packages for $architecture"
    apt_private "$work/apt" deb "$suite" "$architecture"
    mkdir "$work/debs"
    (cd "$work/debs" && APT_CONFIG="$work/apt/apt.conf" apt-get download -q "${packages[@]}" >&2)
    for package in "$work"/debs/*.deb; do
        dpkg-deb -x "$package" "$root"
    done
    # What is neither for the linker nor for a program in the emulator. Of the C library some parts are only static.
    (cd "$root" && rm -rf etc sbin usr/sbin usr/share "usr/lib/$triple/gconv")
    rm -f "$root/usr/lib/$triple"/lib{ssl,crypto,sqlite3,usb,nfc,zbar,qrencode,cmocka}.a
    ls "$work/debs" >"$root/packages"
}

# An absolute link would lead to the machine's own files.
links_relative() { # <folder>
    local link target
    find "$1" -type l -lname '/*' | while read -r link; do
        target=$(readlink "$link")
        ln -sfn "$(realpath -m --relative-to="$(dirname "$link")" "$1$target")" "$link"
    done
}

# A cross gcc looks first into the folder of the machine's own cross C library, sysroot or not: that one may be newer.
compiler_write() { # <folder>
    mkdir -p "$1/bin"
    cat >"$1/bin/cc" <<TEXT
#!/bin/sh
root=\${0%/*}/..
exec $triple-gcc --sysroot="\$root" -B"\$root/usr/lib/$triple" -L"\$root/lib/$triple" \\
    -isystem "\$root/usr/include/$triple" -isystem "\$root/usr/include" "\$@"
TEXT
    chmod +x "$1/bin/cc"
}

sysroot="$cache/sysroot-$architecture-$(hash_of <"$here/sysroot.sh")"
if [ ! -d "$sysroot" ]; then
    need "$triple-gcc" "gcc-${triple%%-*}-linux-${triple##*-}"
    need dpkg-deb dpkg
    need flock util-linux
    mkdir -p "$cache"
    exec 9>"$cache/sysroot.lock"
    flock 9
    if [ ! -d "$sysroot" ]; then
        work=$(mktemp -d "$cache/sysroot.XXXXXX")
        trap 'rm -rf "$work"' EXIT
        mkdir "$work/root"
        packages_unpack "$work/root"
        links_relative "$work/root"
        compiler_write "$work/root"
        mv "$work/root" "$sysroot"
    fi
fi
printf '%s\n' "$sysroot"
