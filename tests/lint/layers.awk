# Reads C files and checks their includes against the layers of docs/architecture.md.
#
# A module is a folder such as core/wire. Includes go to the same module or to a lower layer; within
# core's codecs, core's machines and host also sideways, as long as modules do not include each other
# in a circle; adapters and programs never see a sibling.

function module_of(path,    part, n) {
    n = split(path, part, "/")
    if (n < 2) return ""
    if (part[1] == "include") return "include"
    if (n == 2) return part[1]
    return part[1] "/" part[2]
}

function layer_of(module) {
    if (module == "include") return 0
    if (module == "core/base") return 1
    if (module == "core/crypto") return 2
    if (module ~ /^core\/(wire|credential|tag|link|image|display)$/) return 3
    if (module ~ /^core\/(identify|sync|cart|context|visit)$/) return 4
    if (module ~ /^host\//) return 5
    if (module == "contextd/port") return 5.5 # what the engine and the gateway agree on
    if (module == "agent/words") return 5.5 # what pages and programs say
    if (module ~ /^agent\/(cache|uplink|counter|readers|display|web)$/ || module ~ /^contextd\/(gateway|engine)$/) return 6
    if (module ~ /^contextd\/(ca|seed)$/) return 7
    if (module == "firmware/hal") return 5.2
    if (module ~ /^firmware\/(head|update)$/) return 6
    if (module ~ /^firmware\/(app|boot)$/) return 7
    if (module == "agent/qrcam") return 8.5 # a readerd of its own, with readerd's end of the link
    if (module ~ /^agent\/(app|readerd|cli|conformance|typist)$/ || module ~ /^contextd\/app$/ || module == "boards/mcu") return 8
    return 99
}

function may_go_sideways(layer) { return layer >= 3 && layer <= 5 }

# Where a third-party header may be included.
function third_party_allowed(header, file) {
    if (file ~ /^tests\//) return 1
    if (header == "sqlite3.h") return file ~ /^(host\/sqlite|agent\/cache|contextd\/engine)\//
    if (header == "libwebsockets.h") return file ~ /^(host\/loop|agent\/uplink|agent\/counter|contextd\/gateway)\//
    if (header ~ /^nfc\//) return file ~ /^agent\/readerd\//
    if (header == "zbar.h") return file ~ /^agent\/qrcam\//
    if (header == "qrencode.h") return file ~ /^agent\/counter\//
    if (header ~ /^mbedtls\//) return file ~ /^(core\/crypto|agent\/uplink|firmware\/update)\//
    if (header ~ /^psa\//) return 0
    if (header ~ /^openssl\//) return file ~ /^contextd\/gateway\/tls(_ticket)?\.[ch]$/
    if (header ~ /^(libpq|postgres)/) return file ~ /^contextd\/engine\//
    if (header == "yyjson.h") return file ~ /^core\/wire\//
    if (header == "cmocka.h") return 0
    if (header == "arpa/inet.h" && file ~ /^core\/crypto\//) return 1 # addresses in certificates; inet_pton() is pure
    return file !~ /^core\// || header ~ /^(limits|inttypes|stdbool|stddef|stdint|string)\.h$/
}

function report(text) { printf "%s:%d: %s\n", FILENAME, FNR, text }

# C files below tests/ may include anything of the project.
function check_project(header,    from, to, from_layer, to_layer) {
    from = module_of(FILENAME); to = module_of(header)
    from_layer = layer_of(from); to_layer = layer_of(to)
    if (from ~ /^tests/ || from == to) return
    if (to ~ /^tests/) { report("the product includes a test header: " header); return }
    if (to_layer == 99) { report("\"" header "\" is of no layer; includes are written from the root of the repository"); return }
    if (from_layer == 99) { report("the folder " from " belongs to no layer; name it in tests/lint/layers.awk"); return }
    if (to_layer > from_layer) { report(from " includes the layer above: " header); return }
    if (to_layer == from_layer && !may_go_sideways(to_layer)) { report(from " sees its sibling " to); return }
    if (from ~ /^agent\// && to ~ /^contextd\// || from ~ /^contextd\// && to ~ /^agent\//) {
        report("the agent and the context store share only core and host: " header); return
    }
    if ((from ~ /^firmware\// || from == "boards/mcu") && to !~ /^(core\/(base|link|tag|image)|firmware\/.*|boards\/mcu)$/) {
        report("firmware knows of the core only base, link, tag and image: " header); return
    }
    if (!((from, to) in edge)) { edge[from, to] = FILENAME ":" FNR; edge_list[++edge_count] = from SUBSEP to }
}

/^[ \t]*#[ \t]*include[ \t]*[<"]/ {
    header = $0
    sub(/^[ \t]*#[ \t]*include[ \t]*[<"]/, "", header)
    quoted = $0 ~ /include[ \t]*"/
    sub(/[>"].*/, "", header)
    if (quoted) check_project(header)
    else if (!third_party_allowed(header, FILENAME)) report("<" header "> has no place in " module_of(FILENAME))
}

# Circles: modules that include nothing that is left are taken away until nothing changes.
END {
    for (changed = 1; changed;) {
        changed = 0
        delete has_edge
        for (i = 1; i <= edge_count; i++) if (!(i in gone)) { split(edge_list[i], pair, SUBSEP); has_edge[pair[1]] = 1 }
        for (i = 1; i <= edge_count; i++) if (!(i in gone)) {
            split(edge_list[i], pair, SUBSEP)
            if (!(pair[2] in has_edge)) { gone[i] = 1; changed = 1 }
        }
    }
    for (i = 1; i <= edge_count; i++) if (!(i in gone)) {
        split(edge_list[i], pair, SUBSEP)
        printf "%s: part of a circle of modules: %s -> %s\n", edge[pair[1], pair[2]], pair[1], pair[2]
    }
}
