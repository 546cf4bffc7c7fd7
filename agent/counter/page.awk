# Writes a file of the pages as it is sent, so that a browser asks for little before it has something to show:
#
#   awk -v root=agent -v file=web/clerk/app.js -f page.awk
#
# A module is joined with those that it imports: each of them becomes a function that gives what it exports, stands before
# those that import it and runs once, as a browser would run it. Understood is what the pages' modules use: `import { a, b
# as c } from './x.js';` on a line of its own, and `export` before a function or a const. Anything else is an error.
# A page gets the English words into its element #words. Other files stay as they are.

function fail(text) {
    print "page.awk: " text > "/dev/stderr"
    exit 1
}

# Gives false at the end; a file that cannot be read is an error.
function line_read(path) {
    got = (getline line < path)
    if (got < 0)
        fail(path " cannot be read")
    if (got == 0)
        close(path)
    return got
}

# ---- modules ----

# What a module means by "./x.js" or "../lib/x.js": pages' folders hold no others.
function module_path(module, wanted) {
    if (wanted ~ /^\.\/[a-z_]+\.js$/) {
        sub(/[^\/]+$/, "", module)
        return module substr(wanted, 3)
    }
    if (wanted !~ /^\.\.\/[a-z]+\/[a-z_]+\.js$/)
        fail(module ": imports " wanted)
    return "web/" substr(wanted, 4)
}

function module_object(module) {
    gsub(/\//, "_", module)
    return "$" substr(module, 5, length(module) - 7)
}

function import_write(module, text,    names, from) {
    if (text !~ /^import \{ [^{}]+ \} from '[^']+';$/)
        fail(module ": " text)
    names = from = text
    sub(/^import \{ /, "", names)
    sub(/ \} from .*$/, "", names)
    gsub(/ as /, ": ", names)
    sub(/^.* from '/, "", from)
    sub(/';$/, "", from)
    from = module_path(module, from)
    module_write(from)
    return "const { " names " } = " module_object(from) ";"
}

function export_name(module, text) {
    if (!sub(/^export (async )?function /, "", text) && !sub(/^export const /, "", text))
        fail(module ": export " text)
    if (!match(text, /^[A-Za-z_$][A-Za-z0-9_$]*/))
        fail(module ": export " text)
    return substr(text, 1, RLENGTH)
}

# What it imports is written first, by the way; state: 1 while it is read, 2 when it stands there.
function module_write(module,    body, exports) {
    if (state[module] == 2)
        return
    if (state[module] == 1)
        fail(module ": imports itself by way of others")
    state[module] = 1
    while (line_read(root "/" module)) {
        if (line ~ /^import[^A-Za-z]/) {
            body = body import_write(module, line) "\n"
        } else if (line ~ /^export /) {
            exports = exports (exports ? ", " : "") export_name(module, line)
            body = body substr(line, 8) "\n"
        } else {
            body = body line "\n"
        }
    }
    state[module] = 2
    if (module == file)
        printf "%s", body
    else
        printf "const %s = (() => {\n%sreturn { %s };\n})();\n", module_object(module), body, exports
}

# ---- pages ----

# "<" stands in texts only, and must not end the element.
function words_write() {
    while (line_read(root "/words/en.json")) {
        gsub(/</, "\\u003c", line)
        print line
    }
}

function page_write(    place, at, rest) {
    place = "<script type=\"application/json\" id=\"words\">"
    while (line_read(root "/" file)) {
        at = index(line, place)
        if (at == 0) {
            print line
            continue
        }
        rest = substr(line, at + length(place))
        print substr(line, 1, at + length(place) - 1)
        words_write()
        print rest
        places++
    }
    if (places != 1)
        fail(file ": " places + 0 " elements for words, not one")
}

BEGIN {
    if (file ~ /\.js$/)
        module_write(file)
    else if (file ~ /\.html$/)
        page_write()
    else
        while (line_read(root "/" file))
            print line
}
