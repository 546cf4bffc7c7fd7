#include "core/credential/gs1.h"

#include "core/base/assert.h"
#include "core/base/text.h"
#include "core/credential/web.h"

enum { GS = 0x1d, AI_VALUE_SIZE_MAX = 90, LINK_VALUE_SIZE_MAX = 90 };

/*
 * How an element goes on after its first two digits, GS1 General Specifications figures 3.2-1 and
 * 7.8.5-2. A value of fixed size has no FNC1 behind it; a variable one ends with FNC1 or the string.
 */
struct ai_shape {
    uint8_t first; /* of the first two digits */
    uint8_t last;
    uint8_t ai_size;
    uint8_t value_size; /* digits; 0: variable */
    bool checked;       /* the value ends with its GS1 check digit */
};

static const struct ai_shape ai_shapes[] = {
    {0, 0, 2, 18, true},   /* SSCC */
    {1, 3, 2, 14, true},   /* GTIN, contained GTIN, made-to-order GTIN */
    {4, 4, 2, 16, false},  /* reserved; its size is predefined */
    {10, 10, 2, 0, false}, /* batch */
    {11, 19, 2, 6, false}, /* dates */
    {20, 20, 2, 2, false}, /* variant */
    {21, 22, 2, 0, false}, /* serial */
    {23, 25, 3, 0, false}, /* additional identification */
    {30, 30, 2, 0, false}, /* count */
    {31, 36, 4, 6, false}, /* measures */
    {37, 37, 2, 0, false}, /* count of contained items */
    {39, 39, 4, 0, false}, /* amounts */
    {40, 40, 3, 0, false}, /* orders and shipments */
    {41, 41, 3, 13, true}, /* GLN */
    {42, 42, 3, 0, false}, /* ship-to, origin */
    {43, 43, 4, 0, false}, /* transport */
    {70, 70, 4, 0, false}, /* special applications */
    {71, 71, 3, 0, false}, /* healthcare */
    {72, 72, 4, 0, false}, /* certificates */
    {80, 82, 4, 0, false}, /* assets, service relations, packaging */
    {90, 99, 2, 0, false}, /* internal */
};

static const struct ai_shape *shape_of(struct tb_span element)
{
    uint64_t prefix = 0;
    if (element.size < 2 || tb_decimal_decode(tb_span_sub(element, 0, 2), 99, &prefix) != TB_OK)
        return NULL;
    for (size_t i = 0; i < TB_ARRAY_SIZE(ai_shapes); i++)
        if (prefix >= ai_shapes[i].first && prefix <= ai_shapes[i].last)
            return &ai_shapes[i];
    return NULL;
}

/* GS1 AI encodable character set 82. */
static bool value_encodable(struct tb_span value)
{
    for (size_t i = 0; i < value.size; i++) {
        uint8_t c = value.at[i];
        if (c < 0x21 || c > 0x7a || strchr("#$@[\\]^`", c) != NULL)
            return false;
    }
    return value.size > 0 && value.size <= AI_VALUE_SIZE_MAX;
}

/* Keeps the key if it is one that is used here and none was found before. */
static enum tb_err key_take(struct tb_span ai, struct tb_span value, struct tb_gs1 *gs1)
{
    if (tb_span_is(ai, "8018")) {
        if (value.size != TB_GSRN_DIGIT_COUNT || !tb_text_is_digits(value))
            return TB_ERR_SYNTAX;
        if (!tb_gs1_check_valid(value))
            return TB_ERR_CHECKSUM;
        if (gs1->key == TB_GS1_OTHER) {
            gs1->key = TB_GS1_GSRN;
            return tb_span_to_str(value, gs1->gsrn, sizeof gs1->gsrn);
        }
    }
    if (tb_span_is(ai, "01") && gs1->key == TB_GS1_OTHER) {
        enum tb_err err = tb_gtin_decode(value, gs1->gtin);
        if (err != TB_OK)
            return err;
        gs1->key = TB_GS1_GTIN;
    }
    return TB_OK;
}

/* Takes one element off the front of rest. */
static enum tb_err element_take(struct tb_span *rest, struct tb_gs1 *gs1)
{
    const struct ai_shape *shape = shape_of(*rest);
    if (shape == NULL)
        return TB_ERR_SYNTAX;
    struct tb_span ai = tb_span_sub(*rest, 0, shape->ai_size);
    struct tb_span value = tb_span_sub(*rest, shape->ai_size, SIZE_MAX);
    size_t size = 0;
    while (size < value.size && value.at[size] != GS)
        size++;
    if (shape->value_size && size > shape->value_size)
        size = shape->value_size;
    value = tb_span_sub(value, 0, size);
    *rest = tb_span_sub(*rest, ai.size + size, SIZE_MAX);
    if (ai.size != shape->ai_size || !tb_text_is_digits(ai) || !value_encodable(value))
        return TB_ERR_SYNTAX;
    if (shape->value_size && (size != shape->value_size || !tb_text_is_digits(value)))
        return TB_ERR_SYNTAX;
    if (shape->checked && !tb_gs1_check_valid(value))
        return TB_ERR_CHECKSUM;
    return key_take(ai, value, gs1);
}

enum tb_err tb_gs1_element_decode(struct tb_span text, struct tb_gs1 *ret_gs1)
{
    *ret_gs1 = (struct tb_gs1){.key = TB_GS1_OTHER};
    if (text.size && text.at[0] == GS)
        text = tb_span_sub(text, 1, SIZE_MAX);
    if (text.size == 0)
        return TB_ERR_SYNTAX;
    while (text.size) {
        enum tb_err err = element_take(&text, ret_gs1);
        if (err != TB_OK)
            return err;
        if (text.size && text.at[0] == GS)
            text = tb_span_sub(text, 1, SIZE_MAX);
    }
    return TB_OK;
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

/* A Digital Link may have any path in front; what follows its key is pairs of AI and value. */
static bool qualifiers_valid(struct tb_span path)
{
    while (path.size) {
        struct tb_span ai = segment_take(&path);
        if (ai.size == 0 && path.size == 0)
            return true;
        if (ai.size < 2 || ai.size > 4 || !tb_text_is_digits(ai) || path.size < 2)
            return false;
        if (segment_take(&path).size == 0)
            return false;
    }
    return true;
}

/* TB_ERR_NOT_FOUND when the segment is no key of ours, or what follows it does not fit a link. */
static enum tb_err link_key(struct tb_span ai, struct tb_span rest, struct tb_gs1 *gs1)
{
    uint8_t decoded[LINK_VALUE_SIZE_MAX];
    struct tb_buf value = tb_buf_of(decoded, sizeof decoded);
    if (!tb_span_is(ai, "8018") && !tb_span_is(ai, "01"))
        return TB_ERR_NOT_FOUND;
    if (rest.size < 2 || tb_percent_decode(segment_take(&rest), &value) != TB_OK || !qualifiers_valid(rest))
        return TB_ERR_NOT_FOUND;
    enum tb_err err = key_take(ai, tb_buf_span(&value), gs1);
    return err == TB_ERR_SYNTAX ? TB_ERR_NOT_FOUND : err;
}

enum tb_err tb_gs1_link_decode(struct tb_span uri, struct tb_gs1 *ret_gs1)
{
    *ret_gs1 = (struct tb_gs1){.key = TB_GS1_OTHER};
    struct tb_web web;
    if (tb_web_decode(uri, &web) != TB_OK)
        return TB_ERR_NOT_FOUND;
    while (web.path.size) {
        struct tb_span ai = segment_take(&web.path);
        enum tb_err err = link_key(ai, web.path, ret_gs1);
        if (err != TB_ERR_NOT_FOUND)
            return err;
    }
    return TB_ERR_NOT_FOUND;
}
