#!/usr/bin/env bash
# Includes point down the layers of docs/architecture.md, and third-party headers stay in their adapters.
# shellcheck source=tests/lint/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

mapfile -t sources < <(files '*.c' '*.h')
[ ${#sources[@]} != 0 ] || { echo "no sources below $root"; exit 1; }
while read -r line; do
    finding "$line"
done < <(awk -f "$lint/layers.awk" "${sources[@]}")
finish
