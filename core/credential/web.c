#include "core/credential/web.h"

#include "core/base/text.h"

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

bool tb_text_starts_nocase(struct tb_span a, struct tb_span prefix)
{
    if (a.size < prefix.size)
        return false;
    for (size_t i = 0; i < prefix.size; i++)
        if (lower(a.at[i]) != lower(prefix.at[i]))
            return false;
    return true;
}

bool tb_text_equal_nocase(struct tb_span a, struct tb_span b)
{
    return a.size == b.size && tb_text_starts_nocase(a, b);
}

/* Bytes before the first that is in stops; all when there is none. */
static size_t size_until(struct tb_span text, const char *stops)
{
    size_t size = 0;
    while (size < text.size && (text.at[size] == 0 || strchr(stops, text.at[size]) == NULL))
        size++;
    return size;
}

static bool scheme_take(struct tb_span *uri, const char *scheme)
{
    struct tb_span prefix = tb_span_str(scheme);
    if (!tb_text_starts_nocase(*uri, prefix))
        return false;
    *uri = tb_span_sub(*uri, prefix.size, SIZE_MAX);
    return true;
}

static struct tb_span host_of(struct tb_span authority)
{
    bool literal = authority.size && authority.at[0] == '[';
    size_t size = size_until(authority, literal ? "]" : ":");
    if (literal && size < authority.size)
        size++;
    return tb_span_sub(authority, 0, size);
}

enum tb_err tb_web_decode(struct tb_span uri, struct tb_web *ret_web)
{
    if (!scheme_take(&uri, "https://") && !scheme_take(&uri, "http://"))
        return TB_ERR_TYPE;
    struct tb_span authority = tb_span_sub(uri, 0, size_until(uri, "/?#"));
    struct tb_span rest = tb_span_sub(uri, authority.size, SIZE_MAX);
    if (size_until(authority, "@") < authority.size)
        return TB_ERR_SYNTAX;
    ret_web->host = host_of(authority);
    ret_web->path = tb_span_sub(rest, 0, size_until(rest, "?#"));
    rest = tb_span_sub(rest, ret_web->path.size, SIZE_MAX);
    bool queried = rest.size && rest.at[0] == '?';
    ret_web->query =
        queried ? tb_span_sub(rest, 1, size_until(tb_span_sub(rest, 1, SIZE_MAX), "#")) : tb_span_of(NULL, 0);
    return ret_web->host.size ? TB_OK : TB_ERR_SYNTAX;
}

enum tb_err tb_percent_decode(struct tb_span text, struct tb_buf *ret_text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.at[i] != '%') {
            tb_buf_add_u8(ret_text, text.at[i]);
            continue;
        }
        uint8_t byte = 0;
        if (tb_hex_decode(tb_span_sub(text, i + 1, 2), &byte, 1) != TB_OK)
            return TB_ERR_SYNTAX;
        tb_buf_add_u8(ret_text, byte);
        i += 2;
    }
    return ret_text->err;
}
