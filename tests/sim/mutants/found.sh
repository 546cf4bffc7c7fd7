#!/usr/bin/env bash
# found.sh <simulation with a mutant> <folder of its sources> <seeds>: passes when the simulation finds it.
set -euo pipefail

main() {
    local simulation=$1 folder=$2 seeds=$3 said
    if [ -e "$folder/rejected" ]; then
        cat "$folder/rejected"
        exit 1
    fi
    if said=$("$simulation" --seeds "$seeds" 2>&1); then
        printf 'not found: %s\n' "$said"
        exit 1
    fi
    printf '%s\n' "$said"
    grep -q 'replay: ./dev sim' <<<"$said"
}
main "$@"
