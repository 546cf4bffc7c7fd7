#!/usr/bin/env bash
# What the style forbids in C: banned calls, sleeping tests, notes of unfinished work, wrong include guards.
# shellcheck source=tests/lint/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

mapfile -t sources < <(files '*.c' '*.h')
while read -r line; do
    finding "$line"
done < <([ ${#sources[@]} = 0 ] || awk -f "$lint/code.awk" "${sources[@]}")
finish
