#include "agent/counter/pos_gate.h"

#include "agent/counter/gate.h"
#include "core/base/text.h"

#define BEARER_ITEM "bearer."
#define JSON_TYPE "application/json"

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

static bool starts_any_case(struct tb_span text, const char *prefix)
{
    struct tb_span wanted = tb_span_str(prefix);
    if (text.size < wanted.size)
        return false;
    for (size_t i = 0; i < wanted.size; i++)
        if (lower(text.at[i]) != wanted.at[i])
            return false;
    return true;
}

static struct tb_span trimmed(struct tb_span text)
{
    while (text.size > 0 && (text.at[0] == ' ' || text.at[0] == '\t'))
        text = tb_span_sub(text, 1, text.size);
    while (text.size > 0 && (text.at[text.size - 1] == ' ' || text.at[text.size - 1] == '\t'))
        text.size--;
    return text;
}

bool tb_pos_gate_is(struct tb_span path)
{
    return tb_span_is(path, TB_POS_GATE_PATH) || tb_span_starts(path, tb_span_str(TB_POS_GATE_PATH "/"));
}

/* The protocol of ours, and nothing beside it but a token. */
static bool protocol_is_ours(struct tb_span list)
{
    bool named = false;
    while (list.size > 0) {
        struct tb_span item = trimmed(tb_span_cut(&list, ','));
        if (tb_span_is(item, TB_POS_GATE_PROTOCOL) && !named)
            named = true;
        else if (!tb_span_starts(item, tb_span_str(BEARER_ITEM)))
            return false;
    }
    return named;
}

static enum tb_pos_gate_answer socket_judge(const struct tb_pos_gate_request *r)
{
    if (r->method != TB_POS_GATE_METHOD_GET || !tb_span_is(r->path, TB_POS_GATE_PATH))
        return TB_POS_GATE_UPGRADE_REFUSED;
    if (!tb_span_is(r->upgrade, "websocket") || !tb_span_is(r->version, "13"))
        return TB_POS_GATE_UPGRADE_REFUSED;
    return protocol_is_ours(r->protocol) ? TB_POS_GATE_SOCKET : TB_POS_GATE_PROTOCOL_REFUSED;
}

static enum tb_pos_gate_answer call_judge(const struct tb_pos_gate_request *r, size_t body_max)
{
    uint64_t length = 0;
    struct tb_span parameters = r->type;
    struct tb_span type = trimmed(tb_span_cut(&parameters, ';'));
    if (type.size != sizeof JSON_TYPE - 1 || !starts_any_case(type, JSON_TYPE))
        return TB_POS_GATE_TYPE_REFUSED;
    if (tb_decimal_decode(r->length, UINT32_MAX, &length) != TB_OK || length == 0)
        return TB_POS_GATE_LENGTH_MISSING;
    return length <= body_max ? TB_POS_GATE_CALL : TB_POS_GATE_BODY_LONG;
}

enum tb_pos_gate_answer tb_pos_gate_judge(const struct tb_pos_gate_request *r, uint16_t port, size_t body_max)
{
    if (!tb_gate_host_is_ours(r->host, port))
        return TB_POS_GATE_HOST_FOREIGN;
    if (r->upgrade.size > 0)
        return socket_judge(r);
    bool call = tb_span_is(r->path, TB_POS_GATE_CALL_PATH);
    if (!call && !tb_span_is(r->path, TB_POS_GATE_EVENTS_PATH))
        return tb_span_is(r->path, TB_POS_GATE_PATH) ? TB_POS_GATE_UPGRADE_REFUSED : TB_POS_GATE_NOT_FOUND;
    switch (r->method) {
    case TB_POS_GATE_METHOD_GET: return call ? TB_POS_GATE_METHOD_REFUSED : TB_POS_GATE_EVENTS;
    case TB_POS_GATE_METHOD_POST: return call ? call_judge(r, body_max) : TB_POS_GATE_METHOD_REFUSED;
    case TB_POS_GATE_METHOD_OPTIONS:
        return r->origin.size > 0 && tb_span_is(r->asked_method, call ? "POST" : "GET")
                   ? TB_POS_GATE_PREFLIGHT
                   : TB_POS_GATE_METHOD_REFUSED;
    case TB_POS_GATE_METHOD_OTHER: break;
    }
    return TB_POS_GATE_METHOD_REFUSED;
}

struct tb_span tb_pos_gate_token(const struct tb_pos_gate_request *r)
{
    static const char scheme[] = "bearer ";
    if (starts_any_case(r->authorization, scheme))
        return trimmed(tb_span_sub(r->authorization, sizeof scheme - 1, r->authorization.size));
    if (r->authorization.size > 0 || r->upgrade.size == 0)
        return r->authorization;
    for (struct tb_span list = r->protocol; list.size > 0;) {
        struct tb_span item = trimmed(tb_span_cut(&list, ','));
        if (tb_span_starts(item, tb_span_str(BEARER_ITEM)))
            return tb_span_sub(item, sizeof BEARER_ITEM - 1, item.size);
    }
    return tb_span_of(NULL, 0);
}

bool tb_pos_gate_origin_valid(struct tb_span origin)
{
    struct tb_span host = origin;
    struct tb_span scheme = tb_span_cut(&host, ':');
    bool valid = tb_span_starts(host, tb_span_str("//")) && scheme.size > 0 && host.size > 2;
    for (size_t i = 0; i < scheme.size; i++)
        valid = valid && ((scheme.at[i] >= 'a' && scheme.at[i] <= 'z') ||
                          (i > 0 && memchr("0123456789+-.", scheme.at[i], 13) != NULL));
    for (size_t i = 2; i < host.size; i++)
        valid = valid && memchr("abcdefghijklmnopqrstuvwxyz0123456789.-:[]_", host.at[i], 42) != NULL;
    return valid;
}

static const struct {
    unsigned status;
    const char *code;
} refusals[TB_POS_GATE_ANSWER_COUNT] = {
    [TB_POS_GATE_NOT_FOUND] = {404, "not_found"},
    [TB_POS_GATE_HOST_FOREIGN] = {403, "host_foreign"},
    [TB_POS_GATE_METHOD_REFUSED] = {405, "method_refused"},
    [TB_POS_GATE_UPGRADE_REFUSED] = {403, "upgrade_refused"},
    [TB_POS_GATE_PROTOCOL_REFUSED] = {403, "protocol_refused"},
    [TB_POS_GATE_TYPE_REFUSED] = {415, "type_refused"},
    [TB_POS_GATE_LENGTH_MISSING] = {411, "length_missing"},
    [TB_POS_GATE_BODY_LONG] = {413, "body_long"},
};

unsigned tb_pos_gate_status(enum tb_pos_gate_answer answer)
{
    return refusals[answer].status;
}

const char *tb_pos_gate_code(enum tb_pos_gate_answer answer)
{
    return refusals[answer].code;
}
