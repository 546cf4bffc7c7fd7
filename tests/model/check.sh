#!/usr/bin/env bash
# check.sh <model> <folder>: spin goes through every state of the model and finds no fault; with BUG defined,
# which plants one, it does.
set -euo pipefail

# Prints what spin's verifier says of the model.
verify() {
    local model=$1 folder=$2
    shift 2
    mkdir -p "$folder"
    (cd "$folder" && spin -a "$@" "$model" >spin.log 2>&1 && "${CC:-cc}" -O0 -w -DSAFETY -o pan pan.c && ./pan -m1000000)
}

main() {
    local model=$1 folder=$2 said
    said=$(verify "$model" "$folder/sound")
    grep -E 'State-vector|states, stored|errors:' <<<"$said"
    grep -q 'errors: 0' <<<"$said" || { printf '%s\n' "$said"; exit 1; }
    ! grep -q 'search not completed' <<<"$said" || { printf 'too large\n'; exit 1; }
    said=$(verify "$model" "$folder/bug" -DBUG)
    grep -q 'errors: 1' <<<"$said" || { printf 'the planted bug is not found:\n%s\n' "$said"; exit 1; }
    grep -E '^pan' <<<"$said"
}
main "$@"
