# Shared by build.sh and sysroot.sh: Debian's archive through a private apt configuration with this machine's own
# mirror. Nothing of the machine's apt state is read or changed but its sources, and no root is needed.
# shellcheck shell=bash

exec 8>&2 # what a person should see, also while a build writes to its log
say() { printf '%s\n' "$*" >&8; }
die() { say "dependencies: $*"; exit 1; }

# need <command> <Debian package>
need() { command -v "$1" >/dev/null || die "$1 is missing (Debian package: $2)"; }

hash_of() { sha256sum | cut -c1-12; }

# The mirror of the machine's own suite, from one-line and deb822 sources. Cloud images name a list of mirrors.
mirror_find() { # <folder of apt's configuration>
    shopt -s nullglob
    local files=("$1"/sources.lis[t] "$1"/sources.list.d/*.list "$1"/sources.list.d/*.sources)
    awk '
        FNR == 1 { uri = "" }
        /^[ \t]*#/ { next }
        /^deb / { sub(/^deb +(\[[^]]*\] +)?/, ""); uri = $1; suite = $2 }
        /^[Uu][Rr][Ii][Ss]:/ { uri = $2; next }
        /^[Ss]uites:/ { suite = $2 }
        uri ~ /debian(\.list)?\/?$/ && suite ~ /^[a-z]+$/ { print uri; exit }
    ' "${files[@]}" </dev/null
}

# Makes the configuration <folder>/apt.conf for one suite and fetches its index; it is used through APT_CONFIG.
apt_private() { # <folder> <deb or deb-src> <suite> <architecture>
    local mirror=${TB_DEPS_MIRROR:-$(mirror_find /etc/apt)} keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    need apt-get apt
    [ -f "$keyring" ] || die "$keyring is missing (Debian package: debian-archive-keyring)"
    [ -n "$mirror" ] || die "no Debian mirror in the apt sources; set TB_DEPS_MIRROR"
    mkdir -p "$1/lists/partial" "$1/cache/archives/partial"
    : >"$1/status"
    printf '%s [signed-by=%s] %s %s main\n' "$2" "$keyring" "$mirror" "$3" >"$1/sources.list"
    {
        printf 'Dir::Etc::SourceList "%s";\nDir::Etc::SourceParts "/dev/null";\n' "$1/sources.list"
        printf 'Dir::State::Lists "%s";\nDir::State::status "%s";\n' "$1/lists" "$1/status"
        printf 'Dir::Cache "%s";\nAPT::Sandbox::User "";\nAPT::Update::Post-Invoke-Success {};\n' "$1/cache"
        printf 'APT::Architecture "%s";\nAPT::Architectures { "%s"; };\nAcquire::Languages "none";\n' "$4" "$4"
    } >"$1/apt.conf"
    APT_CONFIG="$1/apt.conf" apt-get update -q >&2
}
