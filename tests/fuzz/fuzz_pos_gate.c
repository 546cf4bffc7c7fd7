/*
 * Requests of a POS to the local API: lines of method, path, Host, Origin, Upgrade, version, protocol,
 * Authorization, Content-Type, Content-Length and the method of a preflight. What gets past the gate has our
 * Host, and a token is a part of what was sent.
 */
#include "agent/counter/pos_gate.h"
#include "core/base/assert.h"
#include "tests/fuzz/fuzz.h"

#define PORT 8443
#define BODY_MAX 16384

static enum tb_pos_gate_method method_of(struct tb_span line)
{
    if (tb_span_is(line, "GET"))
        return TB_POS_GATE_METHOD_GET;
    if (tb_span_is(line, "POST"))
        return TB_POS_GATE_METHOD_POST;
    return tb_span_is(line, "OPTIONS") ? TB_POS_GATE_METHOD_OPTIONS : TB_POS_GATE_METHOD_OTHER;
}

static void passed_check(const struct tb_pos_gate_request *r, enum tb_pos_gate_answer answer)
{
    TB_ASSERT(tb_span_is(r->host, "127.0.0.1:8443") || tb_span_is(r->host, "localhost:8443") ||
              tb_span_is(r->host, "[::1]:8443"));
    TB_ASSERT((answer == TB_POS_GATE_SOCKET) == (r->upgrade.size > 0));
    TB_ASSERT(answer != TB_POS_GATE_PREFLIGHT || r->origin.size > 0);
    TB_ASSERT(answer != TB_POS_GATE_CALL || tb_span_is(r->path, TB_POS_GATE_CALL_PATH));
    TB_ASSERT(tb_pos_gate_status(answer) == 0 && tb_pos_gate_is(r->path));
}

static bool lies_in(struct tb_span part, struct tb_span whole)
{
    return part.size == 0 || (part.at >= whole.at && part.at + part.size <= whole.at + whole.size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tb_span rest = tb_span_of(data, size);
    struct tb_pos_gate_request r = {.method = method_of(tb_span_cut(&rest, '\n'))};
    struct tb_span *const fields[] = {&r.path,     &r.host,          &r.origin, &r.upgrade, &r.version,
                                      &r.protocol, &r.authorization, &r.type,   &r.length,  &r.asked_method};
    for (size_t i = 0; i < TB_ARRAY_SIZE(fields); i++)
        *fields[i] = tb_span_cut(&rest, '\n');

    enum tb_pos_gate_answer answer = tb_pos_gate_judge(&r, PORT, BODY_MAX);
    if (tb_pos_gate_code(answer) == NULL)
        passed_check(&r, answer);
    struct tb_span token = tb_pos_gate_token(&r);
    TB_ASSERT(lies_in(token, r.authorization) || lies_in(token, r.protocol));
    TB_ASSERT(!memchr(token.size ? token.at : data, ',', token.size) || lies_in(token, r.authorization));
    return 0;
}
