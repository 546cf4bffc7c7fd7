#!/usr/bin/env bash
# Holds a lint to its word: a clean tree passes, and every planted fault is found and named.
#   selftest.sh layers|code|files|scripts|boards|format|tidy|globals|hardening|wallets
set -euo pipefail
lint=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
rules=$(cd "$lint/../.." && pwd)
tool=$1
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
case_count=0
failed=0

header() { # <file> <text>
    local guard
    guard=TB_$(tr 'a-z/.' 'A-Z__' <<<"$1")
    printf '#ifndef %s\n#define %s\n\n%s\n\n#endif\n' "$guard" "$guard" "$2" >"$tree/$1"
}

tree_reset() {
    rm -rf "${tree:?}"/*
    mkdir -p "$tree/core/base" "$tree/core/wire" "$tree/core/tag" "$tree/agent/cache" "$tree/agent/uplink" "$tree/contextd/engine" "$tree/tests/unit"
    cp "$rules/.clang-format" "$rules/.clang-tidy" "$tree/"
    mkdir -p "$tree/tests/support"
    cp "$rules/tests/.clang-tidy" "$tree/tests/"
    cp "$rules/tests/support/.clang-tidy" "$tree/tests/support/"
    header core/base/one.h 'int tb_one(int x);'
    printf '#include "core/base/one.h"\n\nint tb_one(int x)\n{\n    return x + 1; /* sprintf( is only mentioned */\n}\n' >"$tree/core/base/one.c"
    header core/wire/a.h '#include "core/tag/b.h"'
    header core/tag/b.h '#include "core/base/one.h"'
    printf '#!/usr/bin/env bash\necho "$@"\n' >"$tree/good.sh"
    [ "$tool" != boards ] || board_make
}

board_facts() { # <architecture> <node of the UART>
    printf '%s\n' 'name = One' "architecture = $1" 'soc = x' 'cpu = x' 'memory = x' 'storage = x' 'network = x' \
        'console = /dev/ttyS0' "nfc_uart = $2" 'nfc_i2c = none' 'nfc_spi = none' 'rtc = none' 'tpm = none' \
        'tested = built; never on hardware' 'documented = the rest'
}

board_make() {
    local board=$tree/boards/linux/board-one
    mkdir -p "$board" "$tree/boards/mcu/chip-one" "$tree/docs"
    board_facts arm64 /dev/ttyS1 >"$board/board.conf"
    printf '[readers]\nreader = libnfc:pn532_uart:/dev/ttyS1\n' >"$board/tillbridged.conf"
    printf 'SUBSYSTEM=="tty", KERNEL=="ttyS1", MODE="0660"\n' >"$board/71-tillbridge-board.rules"
    # shellcheck disable=SC2016
    printf '**Not run on this hardware.**\n./dev cross board-one\n`/dev/ttyS1`\n' >"$board/README.md"
    printf '<!-- boards -->\n%s\n<!-- end -->\n' "$("$lint/boards.sh" "$tree" --table)" >"$tree/docs/boards.md"
}

archive_make() { # <file>
    gcc -O2 -I"$tree" -c "$tree/$1" -o "$tree/x.o"
    rm -f "$tree/x.a"
    ar rc "$tree/x.a" "$tree/x.o"
}

lint_run() {
    if [ "$tool" = globals ]; then
        archive_make "$1"
        "$lint/globals.sh" "$tree/x.a"
    elif [ "$tool" = wallets ]; then
        archive_make "$1"
        "$lint/wallets.sh" 0 "$tree/x.a"
    elif [ "$tool" = hardening ]; then
        # The file's first line says how it is linked.
        # shellcheck disable=SC2046
        "${TB_CC:-gcc}" -O2 -I"$tree" $(sed -n '1s,^// ,,p' "$tree/$1") "$tree/$1" -o "$tree/x"
        "$lint/hardening.sh" "$tree/x"
    elif [ "$tool" = tidy ]; then
        printf '[\n{\n  "directory": "%s",\n  "command": "clang-19 -I%s -o x.o -c %s",\n  "file": "%s"\n}\n]\n' \
            "$tree" "$tree" "$tree/$1" "$tree/$1" >"$tree/compile_commands.json"
        "$lint/tidy.sh" "$tree" "$tree" "$tree/results"
    else
        "$lint/$tool.sh" "$tree"
    fi
}

# clean [file]
clean() {
    case_count=$((case_count + 1))
    lint_run "${1-core/base/one.c}" >"$tree/said" 2>&1 || {
        echo "$tool: finds something in a clean tree:"
        cat "$tree/said"
        failed=1
    }
    rm -f "$tree/said"
}

# bad <file> <what the finding must say> <text of the file>
bad() {
    local said=0
    case_count=$((case_count + 1))
    tree_reset
    mkdir -p "$tree/$(dirname "$1")"
    printf '%b' "$3" >"$tree/$1"
    lint_run "$1" >"$tree.said" 2>&1 && said=1
    grep -qE "$2" "$tree.said" || said=1
    [ "$said" = 0 ] || {
        printf '%s: does not find "%s" in %s:\n%b' "$tool" "$2" "$1" "$3"
        cat "$tree.said"
        failed=1
    }
    rm -f "$tree.said"
}

tree_reset
[ "$tool" = hardening ] || clean
case $tool in
layers)
    bad core/base/up.c 'layer above' '#include "core/wire/json.h"\n'
    bad core/wire/up.c 'layer above' '#include "host/loop/loop.h"\n'
    bad agent/cache/side.c 'sees its sibling' '#include "agent/uplink/uplink.h"\n'
    bad agent/app/other.c 'share only core and host' '#include "contextd/port/engine.h"\n'
    bad agent/app/app.c 'of no layer' '#include "app.h"\n'
    bad agent/news/news.c 'belongs to no layer' '#include "core/base/one.h"\n'
    bad agent/app/double.c 'test header' '#include "tests/support/unit.h"\n'
    bad agent/uplink/sql.c 'sqlite3.h> has no place' '#include <sqlite3.h>\n'
    bad agent/cache/lws.c 'libwebsockets.h> has no place' '#include <libwebsockets.h>\n'
    bad agent/app/nfc.c 'has no place' '#include <nfc/nfc.h>\n'
    bad agent/cache/tls.c 'has no place' '#include <mbedtls/ssl.h>\n'
    bad contextd/gateway/session.c 'has no place' '#include <openssl/ssl.h>\n'
    bad agent/app/json.c 'has no place' '#include <yyjson.h>\n'
    bad core/wire/io.c 'stdio.h> has no place' '#include <stdio.h>\n'
    bad core/wire/clock.c 'time.h> has no place' '#  include <time.h>\n'
    bad core/wire/heap.c 'stdlib.h> has no place' '#include <stdlib.h>\n'
    bad firmware/head/json.c 'base, link, tag and image' '#include "core/wire/a.h"\n'
    bad firmware/app/loop.c 'base, link, tag and image' '#include "host/loop/loop.h"\n'
    bad firmware/hal/up.c 'layer above' '#include "firmware/app/head.h"\n'
    bad core/tag/b.h 'circle' '#include "core/wire/a.h"\n'
    ;;
code)
    for call in sprintf strcpy strcat strtok atoi sscanf gets system alloca; do
        bad core/base/call.c "banned call: .*$call" "void f(void)\n{\n    $call(x);\n}\n"
    done
    bad core/base/later.c 'unfinished' '/* TODO: the rest */\n'
    bad tests/unit/wait.c 'never sleep' 'void f(void)\n{\n    usleep(10);\n}\n'
    bad core/base/guard.h 'opens with #ifndef TB_CORE_BASE_GUARD_H' '#ifndef GUARD_H\n#define GUARD_H\n#endif\n'
    bad core/base/type.h 'written out' '#ifndef TB_CORE_BASE_TYPE_H\n#define TB_CORE_BASE_TYPE_H\ntypedef struct tb_x tb_x;\n#endif\n'
    bad core/base/off.c 'switched off' '#if 0\nint x;\n#endif\n'
    ;;
files)
    bad core/base/long.c 'longer than' "$(printf 'int x;\\n%.0s' {1..801})"
    bad core/base/end.c 'has no end' 'int x;'
    bad README.md 'registry' "see https://registry.npm""js.org/ws\n"
    bad core/base/blank.c 'blanks at the end' 'int x; \n'
    bad .git 'git cannot list' 'gitdir: nowhere\n' # stays: the last case
    ;;
scripts)
    bad broken.sh 'cannot be parsed|parse' '#!/usr/bin/env bash\nif true; then\n'
    # shellcheck disable=SC2016
    bad unquoted.sh 'SC2086' '#!/usr/bin/env bash\nrm $1\n'
    ;;
boards)
    # shellcheck disable=SC2016 # what stands in the documentation
    board_words_bad() {
        bad $folder/README.md 'never tried' './dev cross board-one\n`/dev/ttyS1`\n'
        bad $folder/README.md 'says nothing of /dev/ttyS1' '**Not run on this hardware.**\n./dev cross board-one\n'
        bad $folder/README.md 'no command' '**Not run on this hardware.**\n`/dev/ttyS1`\n'
    }
    folder=boards/linux/board-one
    bad $folder/board.conf 'the facts are' 'name = One\narchitecture = arm64\n'
    bad $folder/board.conf 'architecture = "risc"' "$(board_facts risc /dev/ttyS1)\n"
    bad $folder/board.conf 'no reader for nfc_uart' "$(board_facts arm64 /dev/ttyS2)\n"
    bad $folder/board.conf 'table is not' "$(board_facts armhf /dev/ttyS1)\n"
    board_words_bad
    bad $folder/71-tillbridge-board.rules 'no rule for /dev/ttyS1' 'KERNEL=="ttyS3"\n'
    bad $folder/71-tillbridge-board.rules 'no udev rule' 'KERNEL=="ttyS1" MODE="0660"\n'
    bad $folder/71-tillbridge-board.rules 'no udev rule' 'KERNEL=="ttyS1", MODE=="0660"\n'
    bad $folder/71-tillbridge-board.rules 'no udev rule' 'KERNEL=="ttyS1", SUBSYSTEM="tty"\n'
    bad $folder/71-tillbridge-board.rules 'no udev rule' 'KERNEL=="ttyS1", MODUS="0660"\n'
    bad agent/app/config.c 'no rule for /dev/keys' 'static const char device[] = "/dev/keys";\n'
    bad agent/app/ask.c 'board by its name' 'static const char board[] = "board-one";\n'
    bad firmware/app/ask.c 'board by its name' 'static const char board[] = "chip-one";\n'
    bad boards/linux/two/board.conf 'two: has no README' "$(board_facts arm64 /dev/ttyS1)\n"
    ;;
format)
    bad core/base/brace.c 'brace.c' 'int f(void) {\n  return 1;\n}\n'
    ;;
tidy)
    clean # the second time from the cache
    long=$(printf '    x += x * 3;\\n%.0s' {1..75})
    bad core/base/long.c 'readability-function-size' "int f(int x);\nint f(int x)\n{\n$long    return x;\n}\n"
    bad core/base/many.c 'parameters' 'int f(int a, int b, int c, int d, int e, int g, int h);\nint f(int a, int b, int c, int d, int e, int g, int h)\n{\n    return a + b + c + d + e + g + h;\n}\n'
    bad core/base/null.c 'NullDereference' 'int f(void);\nint f(void)\n{\n    int *p = 0;\n    return *p;\n}\n'
    bad core/base/size.c 'bugprone-sizeof' 'unsigned long f(char *p);\nunsigned long f(char *p)\n{\n    return sizeof(sizeof(*p));\n}\n'
    ;;
hardening)
    main='int main(int argc, char **argv)\n{\n    char text[64];\n    __builtin_strncpy(text, argv[argc - 1], 64);\n    return text[argc];\n}\n'
    protect=-fstack-protector-all
    case $("${TB_CC:-gcc}" -dumpmachine) in
    aarch64*) protect="$protect -mbranch-protection=standard" ;;
    esac
    hard="$protect -Wl,-z,now"
    printf '%b' "// $hard\n$main" >"$tree/x.c"
    clean x.c
    bad x.c 'not position independent' "// $hard -no-pie\n$main"
    bad x.c 'no RELRO' "// $hard -Wl,-z,norelro\n$main"
    bad x.c 'bound lazily' "// $protect -Wl,-z,lazy\n$main"
    bad x.c 'executable stack' "// $hard -Wl,-z,execstack\n$main"
    bad x.c 'folder of its own' "// $hard -Wl,-rpath,/tmp\n$main"
    bad x.c 'no stack protector' "// -fno-stack-protector -Wl,-z,now\n$main"
    TB_GLIBC_MAX=2.2 bad x.c 'needs glibc' "// $hard\n$main"
    case $("${TB_CC:-gcc}" -dumpmachine) in
    aarch64*)
        bad x.c 'not signed' "// $protect -Wl,-z,now -mbranch-protection=none\n$main"
        bad x.c 'pages of 0x1000,' "// $hard -Wl,-z,max-page-size=4096\n$main"
        ;;
    arm*) bad x.c '32-bit time: time@' "// $hard\n#undef _TIME_BITS\n#include <time.h>\nint main(void)\n{\n    return (int)time(0);\n}\n" ;;
    esac
    ;;
globals)
    bad core/base/count.c 'mutable data' 'int f(void);\nint f(void)\n{\n    static int count;\n    return ++count;\n}\n'
    bad core/base/data.c 'mutable data' 'int tb_limit = 3;\n'
    bad core/base/clock.c 'core calls time' '#include <time.h>\nlong f(void);\nlong f(void)\n{\n    return (long)time(0);\n}\n'
    bad core/base/heap.c 'core calls malloc' '#include <stdlib.h>\nvoid *f(void);\nvoid *f(void)\n{\n    return malloc(3);\n}\n'
    ;;
wallets)
    bad core/base/vas.c 'built without TB_WALLETS' 'int tb_vas_start(void);\nint tb_vas_start(void)\n{\n    return 0;\n}\n'
    bad core/base/ose.c 'has tb_ose_read' 'int tb_ose_read(void);\nint tb_ose_read(void)\n{\n    return 0;\n}\n'
    # The other way round: a build that was told to have them, and has not.
    tree_reset
    archive_make core/base/one.c
    ! "$lint/wallets.sh" 1 "$tree/x.a" >/dev/null || { echo "wallets: misses that they are missing"; failed=1; }
    ! "$lint/wallets.sh" 0 "$tree/none.a" >/dev/null 2>&1 || { echo "wallets: passes what it cannot read"; failed=1; }
    case_count=$((case_count + 2))
    ;;
*)
    echo "unknown lint: $tool"
    exit 2
    ;;
esac
echo "$tool: $case_count cases"
exit "$failed"
