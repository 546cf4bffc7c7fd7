#!/usr/bin/env bash
# What the linker sees of core: no mutable globals, and no call out of it except to memory and string
# functions, the crypto library and the JSON library. So core does no I/O, reads no clock, starts no
# thread, allocates nothing. Needs archives built without sanitizers.
#   globals.sh <archive ...>
set -euo pipefail
export LC_ALL=C
allowed='^(tb_[a-z0-9_]+|yyjson_[a-z0-9_]+|mem(cpy|move|set|cmp|chr|mem)|str(len|nlen|cmp|ncmp|chr|rchr|str|spn|cspn|pbrk)|__mem[a-z]+_chk|__stack_chk_fail|__explicit_bzero_chk|explicit_bzero|_GLOBAL_OFFSET_TABLE_)$'
crypto_allowed='^(mbedtls_[a-z0-9_]+|inet_pton)$'
failed=0

for archive in "$@"; do
    while read -r section; do
        echo "$archive: mutable data in section $section"
        failed=1
    done < <(readelf -SW "$archive" | sed 's/^ *\[ *[0-9]*\] *//' |
        awk '$1 ~ /^\.(data|bss)(\.|$)/ && $1 !~ /^\.data\.rel\.ro/ && $5 !~ /^0+$/ { print $1 }')
    while read -r symbol; do
        [[ $symbol =~ $allowed ]] && continue
        [[ $archive == *tb_core_crypto* && $symbol =~ $crypto_allowed ]] && continue
        echo "$archive: core calls $symbol"
        failed=1
    done < <(nm "$archive" | awk '
        $1 == "U" { called[$2] = 1 }
        NF == 3 { defined[$3] = 1 }
        END { for (name in called) if (!(name in defined)) print name }' | sort)
done
exit "$failed"
