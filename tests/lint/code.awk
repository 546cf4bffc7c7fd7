# Reads C files without their comments and strings and reports what the style forbids.

function report(text) { printf "%s:%d: %s\n", FILENAME, FNR, text }

# Removes strings, characters and comments; block comments may span lines.
function bare(line,    out, c, i, n) {
    out = ""
    n = length(line)
    for (i = 1; i <= n; i++) {
        c = substr(line, i, 1)
        if (in_comment) {
            if (substr(line, i, 2) == "*/") { in_comment = 0; i++ }
        } else if (substr(line, i, 2) == "/*") { in_comment = 1; i++ }
        else if (substr(line, i, 2) == "//") break
        else if (c == "\"" || c == "'") {
            out = out c
            for (i++; i <= n && substr(line, i, 1) != c; i++) if (substr(line, i, 1) == "\\") i++
            out = out c
        } else out = out c
    }
    return out
}

function guard_of(path,    guard) {
    guard = toupper(path)
    sub(/^INCLUDE\/TILLBRIDGE\//, "", guard)
    gsub(/[^A-Z0-9]/, "_", guard)
    return "TB_" guard
}

FNR == 1 {
    in_comment = 0
    guarded = FILENAME !~ /\.h$/ || FILENAME ~ /^cmake\// ? -1 : 0
    wanted = guard_of(FILENAME)
}

{
    if ($0 ~ /(^|[^A-Za-z])(TODO|FIXME|XXX|HACK)([^A-Za-z]|$)/) report("unfinished work is an issue, not a note in the source")
    code = bare($0)
    if (!guarded && code ~ /^#ifndef/ && $2 == wanted) guarded = FNR
    if (!guarded && code ~ /^#(include|define)/) {
        report("a header opens with #ifndef " wanted); guarded = -1
    }
    if (match(code, /(^|[^A-Za-z0-9_.>])(sprintf|vsprintf|strcpy|strcat|strtok|atoi|atol|atoll|atof|sscanf|gets|system|alloca)[ \t]*\(/))
        report("banned call: " substr(code, RSTART, RLENGTH) ")")
    if (FILENAME ~ /^tests\// && match(code, /(^|[^A-Za-z0-9_])(sleep|usleep|nanosleep|clock_nanosleep)[ \t]*\(/))
        report("tests wait for events and never sleep")
    if (code ~ /^[ \t]*typedef[ \t]+(struct|union|enum)/) report("structs, unions and enums are written out, not typedef'd")
    if (code ~ /^[ \t]*#[ \t]*if[ \t]+0([^0-9]|$)/) report("code that is switched off is deleted")
}
