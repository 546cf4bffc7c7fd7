#!/usr/bin/env bash
# Shipped programs are position independent, fully bound before they run, and have no executable stack.
#   hardening.sh <program ...>
set -euo pipefail
export LC_ALL=C
failed=0

finding() {
    echo "$*"
    failed=1
}

for program in "$@"; do
    header=$(readelf -hW "$program")
    segments=$(readelf -lW "$program")
    dynamic=$(readelf -dW "$program")
    symbols=$(nm -D "$program")
    grep -q 'Type: *DYN' <<<"$header" || finding "$program: not position independent"
    grep -q GNU_RELRO <<<"$segments" || finding "$program: no RELRO"
    grep -qE 'BIND_NOW|FLAGS.* NOW' <<<"$dynamic" || finding "$program: bound lazily"
    grep -qE 'GNU_STACK.* RW ' <<<"$segments" || finding "$program: executable stack"
    ! grep -qE 'RPATH|RUNPATH' <<<"$dynamic" || finding "$program: looks for libraries in a folder of its own"
    grep -q __stack_chk_fail <<<"$symbols" || finding "$program: no stack protector"
done
exit "$failed"
