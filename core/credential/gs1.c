#include "core/credential/gs1.h"

#include "core/base/assert.h"
#include "core/base/text.h"
#include "core/credential/gs1_ai.h"
#include "core/credential/web.h"

enum { GS = 0x1d };

/* Keeps the key if it is one that is used here, the first of its rank. The value fits its AI. */
static enum tb_err key_take(struct tb_span ai, struct tb_span value, struct tb_gs1 *gs1)
{
    if (tb_span_is(ai, "8019"))
        return tb_span_to_str(value, gs1->srin, sizeof gs1->srin);
    if (gs1->key != TB_GS1_OTHER && gs1->key != TB_GS1_COUPON)
        return TB_OK;
    if (tb_span_is(ai, "8018")) {
        gs1->key = TB_GS1_GSRN;
        return tb_span_to_str(value, gs1->gsrn, sizeof gs1->gsrn);
    }
    if (tb_span_is(ai, "255")) {
        gs1->key = TB_GS1_COUPON;
        return tb_span_to_str(value, gs1->gcn, sizeof gs1->gcn);
    }
    if (!tb_span_is(ai, "01"))
        return TB_OK;
    gs1->key = TB_GS1_GTIN;
    return tb_gtin_decode(value, gs1->gtin);
}

/* What stands before FNC1 or the end; of a predefined length no more than that. */
static struct tb_span value_cut(const struct tb_gs1_ai *spec, struct tb_span ai, struct tb_span text)
{
    size_t size = 0;
    while (size < text.size && text.at[size] != GS)
        size++;
    if (tb_gs1_ai_predefined(ai) && size > spec->digit_count)
        size = spec->digit_count;
    return tb_span_sub(text, 0, size);
}

enum tb_err tb_gs1_element_take(struct tb_span *rest, struct tb_span *ret_ai, struct tb_span *ret_value)
{
    const struct tb_gs1_ai *spec = tb_gs1_ai_of(*rest);
    if (spec == NULL)
        return TB_ERR_SYNTAX;
    *ret_ai = tb_span_sub(*rest, 0, spec->ai_size);
    *ret_value = value_cut(spec, *ret_ai, tb_span_sub(*rest, spec->ai_size, SIZE_MAX));
    *rest = tb_span_sub(*rest, ret_ai->size + ret_value->size, SIZE_MAX);
    if (rest->size && rest->at[0] == GS)
        *rest = tb_span_sub(*rest, 1, SIZE_MAX);
    return tb_gs1_value_check(spec, *ret_value);
}

enum tb_err tb_gs1_element_decode(struct tb_span text, struct tb_gs1 *ret_gs1)
{
    struct tb_span ai;
    struct tb_span value;
    *ret_gs1 = (struct tb_gs1){.key = TB_GS1_OTHER};
    if (text.size && text.at[0] == GS)
        text = tb_span_sub(text, 1, SIZE_MAX);
    if (text.size == 0)
        return TB_ERR_SYNTAX;
    while (text.size) {
        enum tb_err err = tb_gs1_element_take(&text, &ai, &value);
        if (err == TB_OK)
            err = key_take(ai, value, ret_gs1);
        if (err != TB_OK)
            return err;
    }
    return TB_OK;
}

/* ---- Digital Link ---- */

/* Which AIs may follow a key in the path, syntax 1.4 section 4.9. */
static const struct {
    const char *key;
    const char *qualifiers; /* each with a blank behind it */
} links[] = {
    {"00", ""},
    {"01", "22 10 21 235 "},
    {"253", ""},
    {"255", ""},
    {"401", ""},
    {"402", ""},
    {"414", "254 7040 "},
    {"417", "7040 "},
    {"8003", ""},
    {"8004", "7040 "},
    {"8006", "22 10 21 "},
    {"8010", "8011 "},
    {"8013", ""},
    {"8017", "8019 "},
    {"8018", "8019 "},
};

/* NULL when a Digital Link cannot begin with this AI. */
static const char *qualifiers_of(struct tb_span ai)
{
    for (size_t i = 0; i < TB_ARRAY_SIZE(links); i++)
        if (tb_span_is(ai, links[i].key))
            return links[i].qualifiers;
    return NULL;
}

static bool is_qualifier(const char *qualifiers, struct tb_span ai)
{
    struct tb_span rest = tb_span_str(qualifiers);
    while (rest.size)
        if (tb_span_equal(tb_span_cut(&rest, ' '), ai))
            return true;
    return false;
}

static struct tb_span segment_take(struct tb_span *path)
{
    *path = tb_span_sub(*path, 1, SIZE_MAX);
    size_t size = 0;
    while (size < path->size && path->at[size] != '/')
        size++;
    struct tb_span segment = tb_span_sub(*path, 0, size);
    *path = tb_span_sub(*path, size, SIZE_MAX);
    return segment;
}

/* One AI with its value, percent-encoded. A GTIN may be shorter than 14 digits, as syntax 1.1 had it. */
static enum tb_err pair_take(struct tb_span ai, struct tb_span encoded, struct tb_gs1 *gs1)
{
    uint8_t decoded[TB_GS1_VALUE_SIZE_MAX];
    char gtin[TB_GTIN_TEXT_SIZE];
    struct tb_buf value = tb_buf_of(decoded, sizeof decoded);
    if (tb_percent_decode(encoded, &value) != TB_OK)
        return TB_ERR_SYNTAX;
    struct tb_span span = tb_buf_span(&value);
    if (tb_span_is(ai, "01")) {
        enum tb_err err = tb_gtin_decode(span, gtin);
        if (err != TB_OK)
            return err;
        span = tb_span_str(gtin);
    }
    const struct tb_gs1_ai *spec = tb_gs1_ai_of(ai);
    enum tb_err err = spec && spec->ai_size == ai.size ? tb_gs1_value_check(spec, span) : TB_ERR_SYNTAX;
    return err == TB_OK ? key_take(ai, span, gs1) : err;
}

/* What stands behind the key: qualifiers of that key, each once or not at all, a slash at the end. */
static enum tb_err qualifiers_take(const char *qualifiers, struct tb_span path, struct tb_gs1 *gs1)
{
    while (path.size) {
        struct tb_span ai = segment_take(&path);
        if (ai.size == 0 && path.size == 0)
            return TB_OK;
        if (!is_qualifier(qualifiers, ai) || path.size == 0)
            return TB_ERR_SYNTAX;
        enum tb_err err = pair_take(ai, segment_take(&path), gs1);
        if (err != TB_OK)
            return err;
    }
    return TB_OK;
}

/* Data attributes; what is no number is for whoever the address is of. */
static enum tb_err query_take(struct tb_span query, struct tb_gs1 *gs1)
{
    while (query.size) {
        struct tb_span value = tb_span_cut(&query, '&');
        struct tb_span ai = tb_span_cut(&value, '=');
        const struct tb_gs1_ai *spec = tb_text_is_digits(ai) ? tb_gs1_ai_of(ai) : NULL;
        if (spec == NULL || spec->ai_size != ai.size || qualifiers_of(ai) != NULL)
            continue;
        enum tb_err err = pair_take(ai, value, gs1);
        if (err != TB_OK)
            return err;
    }
    return TB_OK;
}

/* TB_ERR_NOT_FOUND when no Digital Link begins with the segment, or what follows it does not fit one. */
static enum tb_err link_take(const struct tb_web *web, struct tb_span ai, struct tb_span rest,
                             struct tb_gs1 *gs1)
{
    struct tb_gs1 found = {.key = TB_GS1_OTHER};
    const char *qualifiers = qualifiers_of(ai);
    if (qualifiers == NULL || rest.size < 2)
        return TB_ERR_NOT_FOUND;
    struct tb_span path = rest;
    enum tb_err err = pair_take(ai, segment_take(&path), &found);
    if (err == TB_OK)
        err = qualifiers_take(qualifiers, path, &found);
    if (err == TB_OK)
        err = query_take(web->query, &found);
    if (err == TB_OK)
        *gs1 = found;
    return err == TB_OK || err == TB_ERR_CHECKSUM ? err : TB_ERR_NOT_FOUND;
}

enum tb_err tb_gs1_link_decode(struct tb_span uri, struct tb_gs1 *ret_gs1)
{
    *ret_gs1 = (struct tb_gs1){.key = TB_GS1_OTHER};
    struct tb_web web;
    if (tb_web_decode(uri, &web) != TB_OK)
        return TB_ERR_NOT_FOUND;
    struct tb_span path = web.path;
    while (path.size) {
        struct tb_span ai = segment_take(&path);
        enum tb_err err = link_take(&web, ai, path, ret_gs1);
        if (err != TB_ERR_NOT_FOUND)
            return err;
    }
    return TB_ERR_NOT_FOUND;
}
