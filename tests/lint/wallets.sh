#!/usr/bin/env bash
# Smart Tap and VAS are in the build that was told so, and in no other.
#   wallets.sh 1|0 <archive of core/credential> <program ...>      TB_NM: nm for these files
set -euo pipefail
export LC_ALL=C
wanted=$1
archive=$2
shift
names='tb_(ose|smart_tap|vas)_[a-z_]+'
failed=0

# Prints which of them a file defines, a few of them.
names_in() {
    local symbols
    # A file that cannot be read would look like one without them.
    symbols=$("${TB_NM:-nm}" "$1") || return 1
    grep -oE " [Tt] $names\$" <<<"$symbols" | sed 's/.* //' | sort | head -3 | tr '\n' ' ' || true
}

if [ "$wanted" = 1 ]; then
    found=$(names_in "$archive") || exit 1
    [ -n "$found" ] || { echo "$archive: built with TB_WALLETS, and they are not in it"; failed=1; }
else
    for file in "$@"; do
        found=$(names_in "$file") || exit 1
        [ -z "$found" ] || { echo "$file: built without TB_WALLETS, and has $found"; failed=1; }
    done
fi
exit "$failed"
