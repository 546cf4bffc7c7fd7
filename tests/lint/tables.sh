#!/usr/bin/env bash
# Tables in the documentation that are made from the code: what stands between "<!-- PROGRAM ARGUMENTS -->" and
# "<!-- end -->" must be what that program prints.
#   tables.sh <root> <folder of programs>
# shellcheck source=tests/lint/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
programs=${2:?usage: $0 <root> <folder of programs>}

table_check() { # <file> <words of the command>
    local file=$1 printed shown
    shift
    printed=$("$programs/$1" "${@:2}")
    shown=$(sed -n "/^<!-- $* -->\$/,/^<!-- end -->\$/p" "$file" | sed '1d;$d')
    [ "$printed" = "$shown" ] || finding "$file: the table is not what '$*' prints"
}

table_count=0
while IFS=: read -r file words; do
    read -ra command <<<"$words"
    table_check "$file" "${command[@]}"
    table_count=$((table_count + 1))
done < <(files '*.md' | xargs grep -HE '^<!-- (tillbridged|contextd) .* -->$' | sed 's/<!-- \(.*\) -->/\1/')
[ "$table_count" != 0 ] || finding "no table is marked"
finish
