/* Text codings: what decodes must encode to the same text again. */
#include "core/base/assert.h"
#include "core/base/text.h"
#include "tests/fuzz/fuzz.h"

enum { SIZE_MAX_TRIED = 4096 };

static void base64url_round_trip(struct tb_span text)
{
    uint8_t bytes[SIZE_MAX_TRIED];
    uint8_t again[SIZE_MAX_TRIED];
    struct tb_buf decoded = tb_buf_of(bytes, sizeof bytes);
    struct tb_buf encoded = tb_buf_of(again, sizeof again);
    if (tb_base64url_decode(text, &decoded) != TB_OK)
        return;
    tb_base64url_add(&encoded, tb_buf_span(&decoded));
    TB_ASSERT(tb_span_equal(tb_buf_span(&encoded), text));
}

static void decimal_round_trip(struct tb_span text)
{
    uint8_t again[32];
    uint64_t value = 0;
    struct tb_buf encoded = tb_buf_of(again, sizeof again);
    if (tb_decimal_decode(text, INT64_MAX, &value) != TB_OK)
        return;
    while (text.size > 1 && text.at[0] == '0')
        text = tb_span_sub(text, 1, SIZE_MAX);
    tb_buf_add_decimal(&encoded, (int64_t)value);
    TB_ASSERT(tb_span_equal(tb_buf_span(&encoded), text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tb_span text = tb_span_of(data, size < SIZE_MAX_TRIED ? size : SIZE_MAX_TRIED);
    uint8_t bytes[16];
    (void)tb_utf8_valid(text);
    if (tb_hex_decode(text, bytes, sizeof bytes) != TB_OK)
        bytes[0] = 0;
    base64url_round_trip(text);
    decimal_round_trip(text);
    return 0;
}
