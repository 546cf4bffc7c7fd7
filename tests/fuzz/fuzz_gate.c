/*
 * Requests to the local page server: lines of method, path, Host, Origin, Upgrade, version, protocol
 * and cookies. Nothing that is not byte for byte ours gets past the gate.
 */
#include "agent/counter/gate.h"
#include "core/base/assert.h"
#include "tests/fuzz/fuzz.h"

#define PORT 8443

static struct tb_span line_take(struct tb_span *rest)
{
    const uint8_t *end = rest->size ? memchr(rest->at, '\n', rest->size) : NULL;
    size_t size = end ? (size_t)(end - rest->at) : rest->size;
    struct tb_span line = tb_span_sub(*rest, 0, size);
    *rest = tb_span_sub(*rest, end ? size + 1 : size, rest->size);
    return line;
}

static bool host_is_allowed(struct tb_span host)
{
    return tb_span_is(host, "127.0.0.1:8443") || tb_span_is(host, "localhost:8443") ||
           tb_span_is(host, "[::1]:8443");
}

static void passed_check(const struct tb_gate_request *r, enum tb_gate_answer answer)
{
    bool own = r->origin.size == r->host.size + 7 && memcmp(r->origin.at, "http://", 7) == 0 &&
               memcmp(r->origin.at + 7, r->host.at, r->host.size) == 0;
    TB_ASSERT(host_is_allowed(r->host));
    TB_ASSERT(own || (r->origin.size == 0 && answer != TB_GATE_SOCKET));
    TB_ASSERT(answer != TB_GATE_SOCKET || tb_span_is(r->path, "/clerk") || tb_span_is(r->path, "/kiosk") ||
              tb_span_is(r->path, "/it"));
    TB_ASSERT(answer != TB_GATE_PAGE || tb_counter_scope_at(r->path) != TB_COUNTER_SCOPE_NONE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tb_span rest = tb_span_of(data, size);
    struct tb_span method = line_take(&rest);
    struct tb_gate_request r = {.method = TB_GATE_METHOD_OTHER};
    if (tb_span_is(method, "GET"))
        r.method = TB_GATE_METHOD_GET;
    else if (tb_span_is(method, "HEAD"))
        r.method = TB_GATE_METHOD_HEAD;
    r.path = line_take(&rest);
    r.host = line_take(&rest);
    r.origin = line_take(&rest);
    r.upgrade = line_take(&rest);
    r.version = line_take(&rest);
    r.protocol = line_take(&rest);

    enum tb_gate_answer answer = tb_gate_judge(&r, PORT);
    if (tb_gate_code(answer) == NULL)
        passed_check(&r, answer);
    for (unsigned n = 0; n < 4; n++) {
        struct tb_span cookie = tb_gate_cookie(rest, tb_span_str("tillbridge_8443"), n);
        TB_ASSERT(cookie.size <= rest.size && (cookie.size == 0 || cookie.at > rest.at));
    }
    return 0;
}
