#!/usr/bin/env bash
# Every text file: not too long (a document that other programs read, or translators, is one file), ends with a line end, no trailing blanks, names no package registry.
# shellcheck source=tests/lint/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

line_max=800
hosts='npmjs[.](org|com)|deb[.]debian|debian[.]org/debian|pypi[.]org|crates[.]io|proxy[.]golang|nodesource[.]com|ftp[.][a-z]+[.]debian'

while read -r file; do
    line_count=$(wc -l <"$file")
    case $file in
    *-lock.json | docs/asyncapi.json | docs/pos-asyncapi.json | docs/pos-openapi.json | agent/words/*.json | LICENSE) ;;
    *) [ "$line_count" -le $line_max ] || finding "$file:$line_count: longer than $line_max lines" ;;
    esac
    [ ! -s "$file" ] || [ -z "$(tail -c 1 "$file")" ] || finding "$file:$line_count: the last line has no end"
done < <(files '*.c' '*.h' '*.sh' '*.awk' '*.cmake' '*.txt' '*.md' '*.json' '*.mjs' '*.js' '*.css' '*.html' '*.sql' 'dev' 'run' 'pins')

mapfile -t all < <(files '*' | grep -v '^tests/fuzz/corpus/')
while read -r line; do
    finding "$line: names a package registry"
done < <(grep -IHnoE "$hosts" -- "${all[@]}" || true)
while read -r line; do
    finding "$line: blanks at the end of the line"
done < <(grep -IHnoE '[^ ][ 	]+$' -- "${all[@]}" | grep -vE '^(LICENSE|[^:]*\.(patch|md)):' | cut -d: -f1,2 || true)
finish
