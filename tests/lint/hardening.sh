#!/usr/bin/env bash
# Shipped programs are position independent, fully bound before they run, and have no executable stack. Those for 64-bit
# ARM sign their return addresses and run with pages of every size, those for 32-bit machines know the time after 2038.
# TB_GLIBC_MAX: the oldest C library that they have to run with; TB_OBJDUMP: the one for their machine.
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
    if grep -q 'Machine: *AArch64' <<<"$header"; then
        # Not just anywhere: what the compiler itself links in may be signed.
        grep -q paciasp <<<"$("${TB_OBJDUMP:-objdump}" --disassemble=main "$program")" ||
            finding "$program: return addresses are not signed"
        align=$(awk '$1 == "LOAD" { print $NF }' <<<"$segments" | sort -u)
        [ "$align" = 0x10000 ] || finding "$program: for pages of $align, and boards have up to 64 KiB"
    fi
    if grep -q 'Class: *ELF32' <<<"$header"; then
        short=$(awk '$2 ~ /^(time|clock_gettime|gettimeofday|(gm|local)time(_r)?|mktime|[fl]?stat(64)?)@/ {
            printf "%s ", $2 }' <<<"$symbols")
        [ -z "$short" ] || finding "$program: 32-bit time: $short"
    fi
    newest=$({ grep -o 'GLIBC_[0-9.]*' <<<"$symbols" || true; } | cut -d_ -f2 | sort -Vu | tail -n 1)
    [ "$(printf '%s\n' "$newest" "${TB_GLIBC_MAX:-$newest}" | sort -V | tail -n 1)" = "${TB_GLIBC_MAX:-$newest}" ] ||
        finding "$program: needs glibc $newest, and $TB_GLIBC_MAX has to do"
done
exit "$failed"
