#!/usr/bin/env bash
# Makes what the virtual board boots from, for tests/board: Debian's arm64 kernel, a first file system with busybox, the
# drivers of the board's devices and the programs as they were cross-built, and an empty disk to take copies of.
#
#   image.sh <cache folder> <build folder for arm64> <folder to fill>
#
# Kernel and busybox come from Debian's archive and are kept in <cache>/board-<hash of everything that decides its
# content>. No root is needed and nothing is installed. Environment: TB_DEPS_MIRROR, as for build.sh.
set -euo pipefail
export LC_ALL=C PATH=$PATH:/usr/sbin:/sbin # depmod and modprobe, also for those who are not root

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
deps=$here/../../cmake/deps
# shellcheck source=cmake/deps/apt.sh
source "$deps/apt.sh"
[ $# = 3 ] || die "usage: image.sh <cache folder> <build folder> <folder to fill>"
cache=$(realpath -m "$1")
build=$(realpath -m "$2")
image=$(realpath -m "$3")
suite=bookworm
programs=(tillbridged tillbridge-readerd tillbridge-typist tillbridge)
drivers=(virtio_pci virtio_net virtio_console virtio_blk crc32c_generic ext4 xhci-pci usbhid hid-generic evdev uinput ftdi_sio)

# The newest kernel of the suite: what linux-image-arm64 depends on.
kernel_package() { # <apt.conf>
    APT_CONFIG=$1 apt-cache depends linux-image-arm64 | sed -n 's/^ *Depends: \(linux-image-[0-9]\)/\1/p'
}

# Paths of the drivers and of what they need, in the order in which they are loaded.
drivers_list() { # <folder with lib/modules>
    modprobe -d "$1" -S "$(ls "$1/lib/modules")" --show-depends -a "${drivers[@]}" |
        sed -n 's/^insmod //p' | awk '!seen[$1]++ { print $1 }'
}

# vmlinuz, busybox, and drivers/ with their order
parts_fetch() { # <empty folder>
    local kernel="$work/kernel"
    say "board: fetching a kernel and busybox for arm64"
    apt_private "$work/apt" deb "$suite" arm64
    mkdir "$work/debs" "$kernel" "$1/drivers"
    (cd "$work/debs" && APT_CONFIG=$work/apt/apt.conf apt-get download -q \
        "$(kernel_package "$work/apt/apt.conf")" busybox-static >&2)
    dpkg-deb -x "$work"/debs/linux-image-*.deb "$kernel"
    dpkg-deb -x "$work"/debs/busybox-static_*.deb "$kernel"
    cp "$kernel"/boot/vmlinuz-* "$1/vmlinuz"
    cp "$kernel/bin/busybox" "$1/busybox"
    find "$kernel/lib/modules" -name '*.ko.xz' -exec xz -d {} +
    depmod -b "$kernel" "$(ls "$kernel/lib/modules")"
    drivers_list "$kernel" >"$work/drivers"
    xargs -d '\n' cp -t "$1/drivers" <"$work/drivers"
    sed 's/.*\///' "$work/drivers" >"$1/drivers/order"
}

# The libraries that a program names, and those that they name.
libraries_list() { # <sysroot> <program ...>
    local sysroot=$1 queue=("${@:2}") file name path
    local -A seen=()
    while [ ${#queue[@]} != 0 ]; do
        file=${queue[0]}
        queue=("${queue[@]:1}")
        while read -r name; do
            [ -z "${seen[$name]:-}" ] || continue
            seen[$name]=1
            path=$(find "$sysroot/lib" "$sysroot/usr/lib" -name "$name" -print -quit)
            [ -n "$path" ] || die "the libraries for arm64 lack $name"
            printf '%s\n' "$path"
            queue+=("$path")
        done < <(aarch64-linux-gnu-readelf -d "$file" | sed -n 's/.*(NEEDED).*\[\(.*\)\]$/\1/p')
    done
}

root_fill() { # <folder of parts> <sysroot> <empty folder>
    local program
    mkdir -p "$3"/{bin,dev,etc,lib,proc,run,sys,tmp,usr/bin,var/lib/tillbridge}
    cp "$1/busybox" "$3/bin/"
    cp -r "$1/drivers" "$3/"
    install -m 755 "$here/init" "$3/init"
    for program in "${programs[@]}"; do
        aarch64-linux-gnu-strip -o "$3/usr/bin/$program" "$build/bin/$program"
    done
    libraries_list "$2" "${programs[@]/#/$build/bin/}" >"$work/libraries"
    xargs -d '\n' cp -L -t "$3/lib" <"$work/libraries"
}

need dpkg-deb dpkg
need depmod kmod
need cpio cpio
need mke2fs e2fsprogs
need flock util-linux
mkdir -p "$cache" "$image"
work=$(mktemp -d "$image/work.XXXXXX")
trap 'rm -rf "$work"' EXIT

parts="$cache/board-$(hash_of <"$here/image.sh")"
exec 9>"$cache/board.lock"
flock 9
if [ ! -d "$parts" ]; then
    mkdir "$work/parts"
    parts_fetch "$work/parts"
    mv "$work/parts" "$parts"
fi
sysroot=$("$deps/sysroot.sh" "$cache" arm64)
root_fill "$parts" "$sysroot" "$work/root"
(cd "$work/root" && find . | sort | cpio --quiet -o -H newc -R 0:0) >"$work/root.cpio"
mv "$work/root.cpio" "$image/root.cpio"
cp "$parts/vmlinuz" "$image/"
rm -f "$image/disk"
mke2fs -q -t ext4 "$image/disk" 64M
