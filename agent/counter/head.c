#include "agent/counter/head.h"

#include "core/base/assert.h"
#include "core/base/wipe.h"

#define HEAD_SIZE_MAX 2048 /* bytes */

/* Every answer carries these: nothing is cached, framed, sniffed or loaded from elsewhere. */
static const struct {
    const char *name; /* with its colon */
    const char *value;
} headers_fixed[] = {
    {"cache-control:", "no-store"},
    {"connection:", "close"},
    {"content-security-policy:",
     "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; "
     "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"},
    {"cross-origin-opener-policy:", "same-origin"},
    {"cross-origin-resource-policy:", "same-origin"},
    {"permissions-policy:", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"},
    {"referrer-policy:", "no-referrer"},
    {"x-content-type-options:", "nosniff"},
};

static bool header_add(struct lws *wsi, const char *name, struct tb_span value, uint8_t **at, uint8_t *end)
{
    return lws_add_http_header_by_name(wsi, (const unsigned char *)name, value.at, (int)value.size, at,
                                       end) == 0;
}

/* NULL is left out. */
static bool text_add(struct lws *wsi, const char *name, const char *value, uint8_t **at, uint8_t *end)
{
    return !value || header_add(wsi, name, tb_span_str(value), at, end);
}

/* Who may read the answer besides pages of this origin (Fetch, section "CORS protocol"). */
static bool origin_add(struct lws *wsi, const struct tb_head *head, uint8_t **at, uint8_t *end)
{
    const char *headers = head->methods ? "authorization, content-type" : NULL;
    if (!head->origin)
        return true;
    return text_add(wsi, "access-control-allow-origin:", head->origin, at, end) &&
           text_add(wsi, "vary:", "Origin", at, end) &&
           text_add(wsi, "access-control-allow-methods:", head->methods, at, end) &&
           text_add(wsi, "access-control-allow-headers:", headers, at, end) &&
           text_add(wsi, "access-control-max-age:", head->methods ? "600" : NULL, at, end) &&
           text_add(wsi, "access-control-allow-private-network:", head->private_network ? "true" : NULL, at,
                    end);
}

static bool headers_add(struct lws *wsi, const struct tb_head *head, uint8_t **at, uint8_t *end)
{
    if (lws_add_http_header_status(wsi, head->status, at, end) != 0)
        return false;
    for (size_t i = 0; i < TB_ARRAY_SIZE(headers_fixed); i++)
        if (!text_add(wsi, headers_fixed[i].name, headers_fixed[i].value, at, end))
            return false;
    if (!text_add(wsi, "location:", head->location, at, end) ||
        !text_add(wsi, "set-cookie:", head->cookie, at, end) ||
        !text_add(wsi, "content-encoding:", head->encoding, at, end) ||
        !text_add(wsi, "www-authenticate:", head->challenge, at, end) ||
        !text_add(wsi, "content-type:", head->type, at, end) || !origin_add(wsi, head, at, end))
        return false;
    if (head->type && head->size != TB_HEAD_NO_SIZE &&
        lws_add_http_header_content_length(wsi, head->size, at, end) != 0)
        return false;
    return lws_finalize_http_header(wsi, at, end) == 0;
}

bool tb_head_write(struct lws *wsi, const struct tb_head *head)
{
    uint8_t bytes[LWS_PRE + HEAD_SIZE_MAX];
    uint8_t *start = bytes + LWS_PRE;
    uint8_t *at = start;
    if (!headers_add(wsi, head, &at, bytes + sizeof bytes))
        return false;
    size_t size = (size_t)(at - start);
    int written = lws_write(wsi, start, size, LWS_WRITE_HTTP_HEADERS);
    tb_wipe(bytes, sizeof bytes);
    return written == (int)size;
}

struct tb_span tb_head_read(struct lws *wsi, enum lws_token_indexes token, char *to, size_t size_max)
{
    if (lws_hdr_total_length(wsi, token) <= 0)
        return tb_span_of(NULL, 0);
    int size = lws_hdr_copy(wsi, to, (int)size_max, token);
    return size >= 0 ? tb_span_of(to, (size_t)size) : tb_span_str("?");
}
