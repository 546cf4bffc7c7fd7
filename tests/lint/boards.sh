#!/usr/bin/env bash
# The folders of boards/linux: complete, their facts well-formed and the same wherever they are told, their configuration
# accepted by the agent, their udev rules by a reader of such rules. And no code asks which board it runs on, neither
# one of these nor one of boards/mcu.
#   boards.sh <root> [folder of programs]
#   boards.sh <root> --table              the table of docs/boards.md
# shellcheck source=tests/lint/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
programs=${2:-}
boards=boards/linux
facts=(name architecture soc cpu memory storage network console nfc_uart nfc_i2c nfc_spi rtc tpm tested documented)
node='(/dev/[A-Za-z0-9._-]+|none)'
declare -A form=(
    [architecture]='(amd64|arm64|armhf)' [console]='(/dev/[A-Za-z0-9]+|varies)'
    [nfc_uart]=$node [nfc_i2c]=$node [nfc_spi]=$node [rtc]='(none|soc|battery|varies)' [tpm]='(none|optional|yes|varies)'
)

fact() { # <board> <fact>
    sed -n "s/^$2 = //p" "$boards/$1/board.conf"
}

# "tested" says what was seen to work, "documented" what is only known from paper; neither may be left out.
facts_check() { # <board>
    local file=$boards/$1/board.conf name value
    if [ "$(sed 's/ = .*//' "$file")" != "$(printf '%s\n' "${facts[@]}")" ]; then
        finding "$file:1: the facts are, in this order: ${facts[*]}"
    fi
    for name in "${facts[@]}"; do
        value=$(fact "$1" "$name")
        [[ $value =~ ^${form[$name]:-.+}$ ]] || finding "$file: $name = \"$value\" is not ${form[$name]:-a text}"
    done
}

# Every node of the facts is in the configuration and in the words for people; the board's own ones are given to the agent.
nodes_check() { # <board>
    local name path rules=$boards/$1/71-tillbridge-board.rules
    for name in nfc_uart nfc_i2c nfc_spi; do
        path=$(fact "$1" "$name")
        [ "$path" != none ] || continue
        grep -qE "^#?reader = libnfc:pn532_${name#nfc_}:$path(:|$)" "$boards/$1/tillbridged.conf" ||
            finding "$boards/$1/tillbridged.conf: no reader for $name = $path"
        [[ $path != /dev/ttyUSB* ]] || continue
        grep -qF "\`$path\`" "$boards/$1/README.md" || finding "$boards/$1/README.md: says nothing of $path"
        grep -qF "KERNEL==\"${path#/dev/}\"" "$rules" 2>/dev/null || finding "$rules: no rule for $path"
    done
}

board_check() { # <board>
    local file
    for file in board.conf README.md tillbridged.conf; do
        [ -f "$boards/$1/$file" ] || { finding "$boards/$1: has no $file" && return; }
    done
    facts_check "$1"
    nodes_check "$1"
    case $(fact "$1" tested) in
    *'never on hardware'*)
        grep -qF '**Not run on this hardware.**' "$boards/$1/README.md" || finding "$boards/$1/README.md: does not say what was never tried"
        ;;
    esac
    grep -qE "^\./dev cross ($1|$(fact "$1" architecture))\$" "$boards/$1/README.md" || finding "$boards/$1/README.md: no command that builds"
    [ -z "$programs" ] || config_check "$1"
}

# As it is, and with what it only offers.
config_check() { # <board>
    local file=$boards/$1/tillbridged.conf said
    said=$("$programs/tillbridged" --print-config --config "$file" 2>&1) || finding "$file: $said"
    sed 's/^#reader/reader/' "$file" >"$offered"
    said=$("$programs/tillbridged" --print-config --config "$offered" 2>&1) || finding "$file: $said"
}

# What the agent opens unless it is told otherwise has a rule that everybody can install.
defaults_check() {
    local path
    [ -f agent/app/config.c ] || return 0
    while read -r path; do
        grep -qsF "KERNEL==\"${path#/dev/}\"" "$boards"/common/*.rules || finding "$boards/common: no rule for $path"
    done < <(grep -oE '"/dev/[a-z0-9]+"' agent/app/config.c | tr -d '"' | sort -u)
}

# One rule a line, separated by commas: what is compared by == and !=, what is set by the other operators. udev would only
# complain about the rest in a log, and give the device to nobody.
rules_check() { # <file>
    local line
    while read -r line; do
        finding "$1:$line: is no udev rule"
    done < <(awk 'BEGIN {
        value = "\"[^\"]*\""
        of = "[{][^}\"]+[}]"
        compared = "^(ACTION|DEVPATH|KERNELS?|SUBSYSTEMS?|DRIVERS?|NAME|SYMLINK|TAGS?|PROGRAM|RESULT|TEST|(ATTRS?|ENV|CONST|TEST)" of ")"
        set = "^(NAME|SYMLINK|OWNER|GROUP|MODE|TAG|OPTIONS|LABEL|GOTO|RUN|(ATTR|ENV|RUN|IMPORT)" of ")"
    }
    {
        rest = $0
        if (rest ~ /^[ \t]*(#|$)/) next
        while ((sub(compared "(==|!=)" value, "", rest) || sub(set "(=|[+]=|:=)" value, "", rest)) && sub(/^, */, "", rest)) continue
        if (rest != "") print FNR
    }' "$1")
    if udevadm verify --help >/dev/null 2>&1; then
        udevadm verify --resolve-names=never --no-style "$1" >/dev/null || finding "$1: udevadm does not accept it"
    fi
}

table_print() {
    local board
    printf '| board | architecture | PN532 on UART, I2C, SPI | clock | tested |\n|---|---|---|---|---|\n'
    for board in "${names[@]}"; do
        printf "| [%s](../$boards/%s/README.md) | %s | %s, %s, %s | %s | %s |\n" "$(fact "$board" name)" "$board" \
            "$(fact "$board" architecture)" "$(fact "$board" nfc_uart)" "$(fact "$board" nfc_i2c)" \
            "$(fact "$board" nfc_spi)" "$(fact "$board" rtc)" "$(fact "$board" tested)"
    done
}

offered=$(mktemp)
trap 'rm -f "$offered"' EXIT
names=()
for folder in "$boards"/*/; do
    name=$(basename "$folder")
    [ "$name" = common ] || names+=("$name")
done
if [ "$programs" = --table ]; then
    table_print
    exit
fi
for name in "${names[@]}"; do
    board_check "$name"
    while read -r line; do
        finding "$line: asks for a board by its name"
    done < <(files '*.c' '*.h' 'CMakeLists.txt' '*.cmake' | grep -E '^(core|host|agent|contextd|cmake)/' | xargs -r grep -nF -- "$name" | cut -d: -f1,2)
done
for folder in boards/mcu/*/; do
    name=$(basename "$folder")
    case $name in common | host | '*') continue ;; esac # "host" is a word of code as well
    while read -r line; do
        finding "$line: asks for a board by its name"
    done < <(files '*.c' '*.h' | grep -E '^(core|host|agent|firmware|boards/mcu/common)/' | xargs -r grep -nwF -- "$name" | cut -d: -f1,2)
done
defaults_check
for name in "$boards"/*/*.rules; do
    rules_check "$name"
done
[ "$(table_print)" = "$(sed -n '/^<!-- boards -->$/,/^<!-- end -->$/p' docs/boards.md | sed '1d;$d')" ] ||
    finding "docs/boards.md: the table is not what tests/lint/boards.sh . --table prints"
finish
