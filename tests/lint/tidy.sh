#!/usr/bin/env bash
# clang-tidy over every C file of the compile database:
#   tidy.sh <root> <folder with compile_commands.json> <folder for results>
# A file that was clean is looked at again only when its preprocessed text, its command or the rules change.
# shellcheck source=tests/lint/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
database=${2:?compile database}
results=${3:?results}
root=$PWD
mkdir -p "$results"

rules_hash=$({ cat .clang-tidy tests/.clang-tidy tests/support/.clang-tidy; clang-tidy-19 --version; } | sha256sum)
export rules_hash results database

# One object may be built for several targets: the first command of a file counts.
commands() {
    awk -v root="$root/" '
        /^ *"directory":/ { directory = $0; sub(/^[^:]*: "/, "", directory); sub(/",?$/, "", directory) }
        /^ *"command":/ { command = $0; sub(/^[^:]*: "/, "", command); sub(/",?$/, "", command); gsub(/\\"/, "\"", command); gsub(/\\\\/, "\\", command) }
        /^ *"file":/ {
            file = $0; sub(/^[^:]*: "/, "", file); sub(/",?$/, "", file)
            if (index(file, root) == 1 && index(file, root "build/") != 1 && !seen[file]++) printf "%s\t%s\t%s\n", file, directory, command
        }' "$database/compile_commands.json"
}

tidy_one() { # <file TAB directory TAB command>
    local file directory command key text
    IFS=$'\t' read -r file directory command <<<"$1"
    # -C: comments may carry NOLINT.
    command=$(sed -E 's/ -o [^ ]+//; s/ -M(D|MD)\b//g; s/ -M[TF] [^ ]+//g; s/ -c / -E -C /' <<<"$command")
    text=$(cd "$directory" && eval "$command") || { echo "$file: cannot be preprocessed"; return 1; }
    key=$(printf '%s' "$rules_hash" "$command" "$text" | sha256sum | cut -c1-32)
    [ ! -e "$results/$key" ] || return 0
    if text=$(clang-tidy-19 --quiet -p "$database" "$file" 2>/dev/null); then
        : >"$results/$key"
    else
        printf '%s\n' "$text" | grep -E ': (error|warning|note): ' || printf '%s: clang-tidy failed\n' "$file"
        return 1
    fi
}
export -f tidy_one

# shellcheck disable=SC2016
commands | xargs -r -d '\n' -n 1 -P "$(nproc)" bash -c 'tidy_one "$1"' tidy
