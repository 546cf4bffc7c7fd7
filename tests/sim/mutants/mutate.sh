#!/usr/bin/env bash
# mutate.sh <patch> <source root> <folder> <file ...>: copies the files into the folder and applies the patch to
# them there. When it does not apply, the files stay as they are and <folder>/rejected says why: the build goes
# on, and the test fails.
set -euo pipefail

main() {
    local patch=$1 root=$2 folder=$3 file
    shift 3
    rm -f "$folder/rejected"
    for file in "$@"; do
        mkdir -p "$folder/$(dirname "$file")"
        cp "$root/$file" "$folder/$file"
    done
    if ! patch -p1 --batch --no-backup-if-mismatch --reject-file=- -d "$folder" <"$patch" >"$folder/said" 2>&1; then
        { printf '%s no longer applies:\n' "$patch" && cat "$folder/said"; } >"$folder/rejected"
        for file in "$@"; do
            cp "$root/$file" "$folder/$file"
        done
    fi
}
main "$@"
