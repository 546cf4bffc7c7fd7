# Shared by the lint scripts: which files there are, and how a finding is reported.
# A script is called as "<script> <root of the tree>", prints "file:line: what is wrong" and exits 1 if it found anything.

set -euo pipefail
export LC_ALL=C
lint=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=${1:?usage: $0 <root>}
cd "$root"
finding_count=0

# Callers read the list from a pipe: one that cannot be made would look like a tree without findings.
if [ -e .git ] && ! git ls-files >/dev/null; then
    printf 'git cannot list the files of %s\n' "$root"
    exit 1
fi

finding() {
    printf '%s\n' "$*"
    finding_count=$((finding_count + 1))
}

# Prints the files that match one of the globs (without folder), as the version control sees them.
files() {
    if [ -e .git ]; then
        git ls-files --cached --others --exclude-standard -- "$@" | while read -r file; do
            [ ! -f "$file" ] || printf '%s\n' "$file"
        done
    else
        local globs=() glob
        for glob in "$@"; do globs+=(-o -name "$glob"); done
        find . -type f \( "${globs[@]:1}" \) -not -path './build/*' | sed 's,^\./,,'
    fi | sort
}

finish() {
    [ "$finding_count" = 0 ] || {
        printf '%d findings\n' "$finding_count"
        exit 1
    }
}
