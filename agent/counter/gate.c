#include "agent/counter/gate.h"

#include "core/base/assert.h"
#include "core/base/buf.h"

static const char *const host_names[] = {"127.0.0.1", "localhost", "[::1]"};

static bool span_is_name_and_port(struct tb_span text, const char *name, uint16_t port)
{
    uint8_t bytes[32];
    struct tb_buf wanted = tb_buf_of(bytes, sizeof bytes);
    tb_buf_add_str(&wanted, name);
    if (port == 80 && tb_span_equal(text, tb_buf_span(&wanted)))
        return true; /* browsers leave out the default port */
    tb_buf_add_str(&wanted, ":");
    tb_buf_add_decimal(&wanted, port);
    TB_ASSERT(wanted.err == TB_OK);
    return tb_span_equal(text, tb_buf_span(&wanted));
}

bool tb_gate_host_is_ours(struct tb_span host, uint16_t port)
{
    for (size_t i = 0; i < TB_ARRAY_SIZE(host_names); i++)
        if (span_is_name_and_port(host, host_names[i], port))
            return true;
    return false;
}

/* Same origin as the request itself: RFC 6454 serialisation of http and the Host that was judged. */
static bool origin_is_own(struct tb_span origin, struct tb_span host)
{
    static const char scheme[] = "http://";
    size_t scheme_size = sizeof scheme - 1;
    return tb_span_starts(origin, tb_span_of(scheme, scheme_size)) &&
           tb_span_equal(tb_span_sub(origin, scheme_size, origin.size), host);
}

static enum tb_gate_answer socket_judge(const struct tb_gate_request *r)
{
    enum tb_counter_scope scope = tb_counter_scope_at(r->path);
    if (r->method != TB_GATE_METHOD_GET || scope == TB_COUNTER_SCOPE_NONE ||
        !tb_span_is(r->path, tb_counter_scope_path(scope)))
        return TB_GATE_UPGRADE_REFUSED;
    if (!tb_span_is(r->upgrade, "websocket") || !tb_span_is(r->version, "13"))
        return TB_GATE_UPGRADE_REFUSED;
    return tb_span_is(r->protocol, TB_GATE_PROTOCOL) ? TB_GATE_SOCKET : TB_GATE_PROTOCOL_REFUSED;
}

static enum tb_gate_answer page_judge(const struct tb_gate_request *r)
{
    if (r->method == TB_GATE_METHOD_OTHER)
        return TB_GATE_METHOD_REFUSED;
    if (tb_span_is(r->path, TB_GATE_OPEN_PATH))
        return r->method == TB_GATE_METHOD_GET ? TB_GATE_OPEN : TB_GATE_METHOD_REFUSED;
    if (tb_counter_scope_at(r->path) != TB_COUNTER_SCOPE_NONE)
        return TB_GATE_PAGE;
    return tb_span_starts(r->path, tb_span_str("/words/")) ? TB_GATE_SHARED : TB_GATE_NOT_FOUND;
}

enum tb_gate_answer tb_gate_judge(const struct tb_gate_request *request, uint16_t port)
{
    if (!tb_gate_host_is_ours(request->host, port))
        return TB_GATE_HOST_FOREIGN;
    bool has_origin = request->origin.size > 0;
    if (request->upgrade.size > 0 && !has_origin)
        return TB_GATE_ORIGIN_MISSING;
    if (has_origin && !origin_is_own(request->origin, request->host))
        return TB_GATE_ORIGIN_FOREIGN;
    return request->upgrade.size > 0 ? socket_judge(request) : page_judge(request);
}

static const struct {
    unsigned status;
    const char *code;
} refusals[] = {
    [TB_GATE_PAGE] = {0, NULL},
    [TB_GATE_SHARED] = {0, NULL},
    [TB_GATE_OPEN] = {0, NULL},
    [TB_GATE_SOCKET] = {0, NULL},
    [TB_GATE_NOT_FOUND] = {404, "not_found"},
    [TB_GATE_HOST_FOREIGN] = {403, "host_foreign"},
    [TB_GATE_ORIGIN_MISSING] = {403, "origin_missing"},
    [TB_GATE_ORIGIN_FOREIGN] = {403, "origin_foreign"},
    [TB_GATE_METHOD_REFUSED] = {405, "method_refused"},
    [TB_GATE_UPGRADE_REFUSED] = {403, "upgrade_refused"},
    [TB_GATE_PROTOCOL_REFUSED] = {403, "protocol_refused"},
};

unsigned tb_gate_status(enum tb_gate_answer answer)
{
    return refusals[answer].status;
}

const char *tb_gate_code(enum tb_gate_answer answer)
{
    return refusals[answer].code;
}

struct tb_span tb_gate_cookie(struct tb_span header, struct tb_span name, unsigned n)
{
    while (header.size > 0) {
        struct tb_span value = tb_span_cut(&header, ';');
        while (value.size > 0 && value.at[0] == ' ')
            value = tb_span_sub(value, 1, value.size);
        if (memchr(value.at, '=', value.size) == NULL)
            continue;
        struct tb_span key = tb_span_cut(&value, '=');
        if (tb_span_equal(key, name) && n-- == 0)
            return value;
    }
    return tb_span_of(NULL, 0);
}
