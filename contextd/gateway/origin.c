#include "contextd/gateway/origin.h"

#include "core/base/text.h"

static bool host_char(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

static size_t host_size(struct tb_span text)
{
    size_t i = 0;
    if (text.size > 0 && text.at[0] == '[') {
        while (i < text.size && text.at[i] != ']')
            i++;
        return i < text.size ? i + 1 : 0;
    }
    while (i < text.size && host_char(text.at[i]))
        i++;
    return i;
}

static bool host_is_loopback(struct tb_span host)
{
    return tb_span_is(host, "localhost") || tb_span_is(host, "127.0.0.1") || tb_span_is(host, "[::1]");
}

static bool port_valid(struct tb_span text)
{
    uint64_t port;
    return text.size == 0 || (text.size > 1 && text.at[0] == ':' && text.at[1] != '0' &&
                              tb_decimal_decode(tb_span_sub(text, 1, text.size), 65535, &port) == TB_OK);
}

enum tb_err tb_origin_check_entry(const char *entry)
{
    struct tb_span text = tb_span_str(entry);
    bool secure = tb_span_starts(text, tb_span_str("https://"));
    bool plain = tb_span_starts(text, tb_span_str("http://"));
    if (!secure && !plain)
        return TB_ERR_SYNTAX;
    struct tb_span rest = tb_span_sub(text, secure ? 8 : 7, text.size);
    struct tb_span host = tb_span_sub(rest, 0, host_size(rest));
    if (host.size == 0 || (plain && !host_is_loopback(host)))
        return TB_ERR_SYNTAX;
    return port_valid(tb_span_sub(rest, host.size, rest.size)) ? TB_OK : TB_ERR_SYNTAX;
}

bool tb_origin_allowed(struct tb_span origin, const char *const *entries, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (origin.size > 0 && tb_span_is(origin, entries[i]))
            return true;
    }
    return false;
}
