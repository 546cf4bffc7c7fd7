#!/usr/bin/env bash
# Shell scripts pass shellcheck (which parses them first).
# shellcheck source=tests/lint/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

while read -r file; do
    head -n 1 "$file" | grep -qE '^#!.*\b(ba)?sh\b' || continue
    bash -n "$file" || finding "$file:1: is not a shell script that can be parsed"
    shellcheck -x -f gcc "$file" || finding "$file:1: shellcheck has something to say"
done < <(files '*.sh' 'dev' 'run' '.ci/*')
finish
