#!/usr/bin/env bash
# C files are in the project's format; "./dev format" puts them there.
# shellcheck source=tests/lint/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

while read -r line; do
    finding "$line"
done < <(files '*.c' '*.h' | xargs -r -d '\n' clang-format-19 --dry-run --ferror-limit=1 2>&1 | grep -E '^[^ ].*: ' || true)
finish
